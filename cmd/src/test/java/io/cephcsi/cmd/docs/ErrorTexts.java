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
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * The error texts of the driver, read from its sources, with {@code …} for the values in them: what
 * each {@code new CsiException.X(…)} is given, what is said of wrong flags and options, and why the
 * driver does not start.
 */
final class ErrorTexts {
  static final String VALUE = "…";

  /** The kind of what flags, options and what they name are refused with. */
  static final String WRONG_USAGE = "WrongUsage";

  /** The kind of what hinders the driver's start. */
  static final String NOT_STARTED = "NotStarted";

  /** Methods whose answer becomes the whole text of an error. */
  private static final Map<String, String> TOLD_BY =
      Map.of(
          "Capabilities.trouble", "InvalidArgument",
          "MonitorLooks.silent", "Unavailable",
          "JournalConflict", "FailedPrecondition",
          "MetricsEndpoint.trouble", NOT_STARTED);

  /** Packages whose IOExceptions hinder the start. */
  private static final Set<String> STARTED =
      Set.of("io.cephcsi.cmd", "io.cephcsi.csi", "io.cephcsi.metrics");

  /** Classes that read a flag's value; what they throw is told as a problem of that flag. */
  private static final Set<String> FLAGS = Set.of("Endpoint", "TopologyLabels");

  /** What is given to such an error: the text is one of those methods'. */
  private static final List<String> TOLD_ELSEWHERE =
      List.of(
          "String.valueOf(e.getMessage())",
          "trouble.get()",
          "MonitorLooks.silent(config, look)",
          "trouble(address, e)",
          "\"--endpoint: \" + e.getMessage()",
          "\"--topology: \" + e.getMessage()");

  private static final Pattern PLACEHOLDER = Pattern.compile("%(?:\\d+\\$)?[sd]");

  /**
   * A text.
   *
   * @param kind the member of CsiException, or one of those above
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

    /** Whether a call is answered with it. */
    boolean answered() {
      return !kind.equals(WRONG_USAGE) && !kind.equals(NOT_STARTED);
    }

    /** What of it stands there whatever the values. */
    List<String> literals() {
      return List.of(text.split(VALUE, -1));
    }

    /** How much that is. */
    int literal() {
      return text.replace(VALUE, "").strip().length();
    }

    private Pattern pattern() {
      return Pattern.compile(
          literals().stream().map(Pattern::quote).collect(Collectors.joining(".*")),
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
        var _ = found.new Reader(String.valueOf(unit.getPackageName())).scan(unit, null);
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
    private final String folder;
    private String type = "";
    private String method = "";

    /**
     * @param folder the package
     */
    Reader(String folder) {
      this.folder = folder;
    }

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
      kind(tree.getIdentifier().toString())
          .ifPresent(kind -> add(kind, tree.getArguments().getFirst()));
      return super.visitNewClass(tree, null);
    }

    /** Of what an exception is given; empty for one of others. */
    private Optional<String> kind(String made) {
      return switch (made) {
        case "WrongUsage", "TypeConversionException" -> Optional.of(WRONG_USAGE);
        case "IllegalArgumentException" ->
            Optional.of(WRONG_USAGE).filter(_ -> FLAGS.contains(type));
        case "IOException" -> Optional.of(NOT_STARTED).filter(_ -> STARTED.contains(folder));
        case String answer when answer.startsWith("CsiException.") ->
            Optional.of(answer.substring("CsiException.".length()));
        default -> Optional.ofNullable(TOLD_BY.get(made));
      };
    }

    /** A list of what is wrong with flags or options. */
    @Override
    public Void visitMethodInvocation(MethodInvocationTree tree, Void nothing) {
      if (folder.startsWith("io.cephcsi.cmd")
          && tree.getMethodSelect().toString().equals("problems.add")) {
        add(WRONG_USAGE, tree.getArguments().getFirst());
      }
      return super.visitMethodInvocation(tree, null);
    }

    private void add(String kind, ExpressionTree given) {
      if (TOLD_ELSEWHERE.contains(given.toString())) {
        return;
      }
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
