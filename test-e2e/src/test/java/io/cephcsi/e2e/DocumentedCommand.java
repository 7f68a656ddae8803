package io.cephcsi.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A command that the documentation tells to run: all that is indented or in a block of shell, and
 * what names a program and what to do with it, or asks Prometheus for our metrics, in the midst of
 * a sentence.
 *
 * @param page its file, as seen from the root of the checkout
 * @param section the heading above it
 * @param text the command, in one line and without its comment
 */
public record DocumentedCommand(String page, String section, String text) {
  private static final Pattern INDENTED = Pattern.compile("^(?: {4}|#   (?=\\./dev ))\\s*(\\S.*)$");
  private static final Pattern HEADING = Pattern.compile("#+ \\S.*");
  private static final Pattern SPAN =
      Pattern.compile(
          "`((?:(?:\\./dev|kubectl|helm|ceph|rbd|docker|grep|man|cephcsi|\\./bin/cephcsi|ip|modprobe|mount|curl"
              + "|journalctl|systemctl|nsenter|apt-get|mvn|git) [^`\\n]+)"
              + "|[^`\\n]*csi_[^`\\n]*(?:[({\\[]| == | > )[^`\\n]*)`");

  /** What blocks there may be. Only of shell there are commands in them. */
  private static final Set<String> FENCES = Set.of("```sh", "```yaml", "```mermaid", "```text");

  /** How a command is called, in the reference; and what is no command, or but the name of one. */
  private static final Pattern NONE =
      Pattern.compile(
          ".*\\[OPTIONS].*|ceph v2|ceph v027|docker load|kubectl (?:apply|describe)"
              + "|ceph fs authorize|rbd pool init");

  /** Those outside docs. */
  private static final List<String> PAGES =
      List.of(
          "dev",
          "README.md",
          "SECURITY.md",
          "ARCHITECTURE.md",
          "RATIONALE.md",
          "test-e2e/README.md");

  /** Of the help of {@code ./dev} what is below it. */
  private static final String EXAMPLES = "For example";

  /** All of them, page by page, each once in a page and in its order. */
  static List<DocumentedCommand> all() {
    Set<DocumentedCommand> all = new LinkedHashSet<>();
    for (Path page : pages()) {
      read(page, all);
    }
    return List.copyOf(all);
  }

  /** Those that the list says a test runs, of one page. */
  public static List<DocumentedCommand> of(Class<?> test, String page) {
    List<DocumentedCommand> of = of(test).stream().filter(c -> c.page().equals(page)).toList();
    if (of.isEmpty()) {
      throw new AssertionError("%s runs no command of %s".formatted(test, page));
    }
    return of;
  }

  /** Those that the list says a test runs. */
  public static List<DocumentedCommand> of(Class<?> test) {
    Set<String> claimed = new LinkedHashSet<>();
    DocumentedCommandsTest.claims().stream()
        .filter(claim -> claim.runner().equals(test.getSimpleName()))
        .forEach(claim -> claimed.add(claim.page() + " " + claim.text()));
    return all().stream().filter(c -> claimed.contains(c.page() + " " + c.text())).toList();
  }

  private static List<Path> pages() {
    Path root = Checkout.root();
    try (Stream<Path> docs = Files.walk(root.resolve("docs"))) {
      return Stream.concat(
              PAGES.stream().map(root::resolve),
              docs.filter(file -> file.toString().endsWith(".md")).sorted())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void read(Path file, Set<DocumentedCommand> all) {
    String page = Checkout.root().relativize(file).toString();
    try {
      String text = Files.readString(file, StandardCharsets.UTF_8);
      read(page, page.equals("dev") ? text.substring(0, text.indexOf("\nset ")) : text, all);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void read(String page, String text, Set<DocumentedCommand> all) {
    String section = "";
    String fence = "";
    for (String line : text.replaceAll("\\\\\\n\\s*", "").lines().toList()) {
      if (line.strip().startsWith("```") || line.strip().startsWith("~~~")) {
        fence = fence.isEmpty() ? known(line, page) : "";
      } else if (fence.equals("```sh")) {
        add(page, section, line, all);
      } else if (fence.isEmpty()) {
        section = HEADING.matcher(line).matches() ? line.replaceFirst("#+ ", "") : section;
        addFromProse(page, section, line, all);
      }
    }
  }

  private static String known(String fence, String page) {
    if (!FENCES.contains(fence)) {
      throw new AssertionError(
          "%s: a block begins with '%s': it must be one of %s, at the line's begin"
              .formatted(page, fence, FENCES));
    }
    return fence;
  }

  private static void addFromProse(
      String page, String section, String line, Set<DocumentedCommand> all) {
    var indented = INDENTED.matcher(line);
    if (page.equals("dev") && !section.equals(EXAMPLES)) {
      return;
    }
    if (indented.matches()) {
      add(page, section, indented.group(1), all);
    } else {
      SPAN.matcher(line).results().forEach(span -> add(page, section, span.group(1), all));
    }
  }

  private static void add(String page, String section, String line, Set<DocumentedCommand> all) {
    String text = line.replaceFirst("\\s+# .*$", "").strip();
    boolean known = all.stream().anyMatch(c -> c.page().equals(page) && c.text().equals(text));
    if (!text.isEmpty() && !known && !NONE.matcher(text).matches()) {
      all.add(new DocumentedCommand(page, section, text));
    }
  }

  @Override
  public String toString() {
    return page + ": " + text;
  }
}
