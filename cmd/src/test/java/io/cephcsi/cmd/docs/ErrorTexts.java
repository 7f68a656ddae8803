package io.cephcsi.cmd.docs;

import com.sun.source.tree.BinaryTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ConditionalExpressionTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.ParenthesizedTree;
import com.sun.source.tree.ReturnTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * The error texts of the driver, read from its sources: what each {@code new CsiException.X(…)} is
 * given, with {@code …} for the values in it.
 */
final class ErrorTexts {
  static final String VALUE = "…";

  /** Methods whose answer becomes the whole text of an error. */
  private static final Map<String, String> TOLD_BY =
      Map.of(
          "Capabilities.trouble", "InvalidArgument",
          "MonitorLooks.silent", "Unavailable",
          "JournalConflict", "FailedPrecondition");

  /** What is given to such an error: the text is one of those methods'. */
  private static final List<String> TOLD_ELSEWHERE =
      List.of(
          "String.valueOf(e.getMessage())", "trouble.get()", "MonitorLooks.silent(config, look)");

  private static final Pattern PLACEHOLDER = Pattern.compile("%(?:\\d+\\$)?[sd]");

  /**
   * A text.
   *
   * @param kind the member of CsiException
   */
  record Text(String kind, String text) implements Comparable<Text> {
    @Override
    public int compareTo(Text other) {
      int byKind = kind.compareTo(other.kind);
      return byKind == 0 ? text.compareTo(other.text) : byKind;
    }

    /** Whether a message that was thrown is this text, with some values. */
    boolean matches(String message) {
      return pattern().matcher(message).matches();
    }

    /** How much of it stands there whatever the values. */
    int literal() {
      return text.replace(VALUE, "").strip().length();
    }

    private Pattern pattern() {
      return Pattern.compile(
          Stream.of(text.split(VALUE, -1)).map(Pattern::quote).collect(Collectors.joining(".*")),
          Pattern.DOTALL);
    }
  }

  private final SortedMap<Text, Set<String>> texts = new TreeMap<>();

  /** What is thrown with a text of which nothing is known here. */
  private final List<String> unknown = new ArrayList<>();

  private ErrorTexts() {}

  /** Reads the sources. */
  static ErrorTexts ofDriver() {
    var found = new ErrorTexts();
    var compiler = ToolProvider.getSystemJavaCompiler();
    var files = compiler.getStandardFileManager(null, null, null);
    var units = files.getJavaFileObjectsFromPaths(Checkout.sources());
    var task = (JavacTask) compiler.getTask(null, files, null, List.of("-proc:none"), null, units);
    try {
      for (CompilationUnitTree unit : task.parse()) {
        var _ = found.new Reader().scan(unit, null);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  /** Each text, with the classes that have it. */
  SortedMap<Text, Set<String>> texts() {
    return texts;
  }

  List<String> unknown() {
    return unknown;
  }

  private void add(String kind, String text, String by) {
    texts.computeIfAbsent(new Text(kind, text), _ -> new TreeSet<>()).add(by);
  }

  private final class Reader extends TreeScanner<Void, Void> {
    private String type = "";
    private String method = "";

    @Override
    public Void visitClass(ClassTree tree, Void nothing) {
      String outer = type;
      type = outer.isEmpty() ? tree.getSimpleName().toString() : outer;
      super.visitClass(tree, null);
      type = outer;
      return null;
    }

    @Override
    public Void visitMethod(MethodTree tree, Void nothing) {
      String outer = method;
      method = tree.getName().toString();
      super.visitMethod(tree, null);
      method = outer;
      return null;
    }

    @Override
    public Void visitReturn(ReturnTree tree, Void nothing) {
      String kind = TOLD_BY.get(type + "." + method);
      if (kind != null && tree.getExpression() != null) {
        ExpressionTree text = tree.getExpression();
        if (text instanceof MethodInvocationTree call
            && call.toString().startsWith("Optional.of(")) {
          text = call.getArguments().getFirst();
        }
        if (!text.toString().equals("Optional.empty()")
            && !(text instanceof ConditionalExpressionTree)) {
          templates(text).stream()
              .filter(template -> !template.equals(VALUE)) // another method's, which is read there
              .forEach(template -> add(kind, template, type));
        }
      }
      return super.visitReturn(tree, null);
    }

    @Override
    public Void visitNewClass(NewClassTree tree, Void nothing) {
      String made = tree.getIdentifier().toString();
      if (made.startsWith("CsiException.")) {
        String given = tree.getArguments().getFirst().toString();
        if (!TOLD_ELSEWHERE.contains(given)) {
          add(made.substring("CsiException.".length()), tree.getArguments().getFirst());
        }
      } else if (TOLD_BY.containsKey(made)) {
        add(TOLD_BY.get(made), tree.getArguments().getFirst());
      }
      return super.visitNewClass(tree, null);
    }

    private void add(String kind, ExpressionTree given) {
      for (String template : templates(given)) {
        if (template.replace(VALUE, "").isBlank()) {
          unknown.add(type + ": " + given);
        } else {
          ErrorTexts.this.add(kind, template, type);
        }
      }
    }

    private void add(String kind, String template, String by) {
      ErrorTexts.this.add(kind, template, by);
    }
  }

  /** What an expression may become. */
  private static List<String> templates(ExpressionTree tree) {
    return switch (tree) {
      case LiteralTree literal -> List.of(String.valueOf(literal.getValue()));
      case ParenthesizedTree inner -> templates(inner.getExpression());
      case ConditionalExpressionTree either ->
          Stream.concat(
                  templates(either.getTrueExpression()).stream(),
                  templates(either.getFalseExpression()).stream())
              .toList();
      case BinaryTree sum ->
          templates(sum.getLeftOperand()).stream()
              .flatMap(left -> templates(sum.getRightOperand()).stream().map(left::concat))
              .toList();
      case MethodInvocationTree call
          when call.getMethodSelect() instanceof MemberSelectTree select
              && select.getIdentifier().contentEquals("formatted") ->
          templates(select.getExpression()).stream()
              .map(text -> PLACEHOLDER.matcher(text).replaceAll(VALUE))
              .toList();
      default -> List.of(VALUE);
    };
  }
}
