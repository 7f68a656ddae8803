package io.cephcsi.cmd.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.cmd.docs.ErrorTexts.Text;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Each text that the program prints, be it on wrong usage or when it does not start, is asked for
 * by a test: some words of it, or its longest part, stand there as a literal, and in no other text.
 */
class QuotedErrorsTest {
  private static final List<String> MODULES = List.of("cmd", "csi", "metrics", "test-e2e");

  private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\\\n]|\\\\.)*)\"");

  /** Between the columns of a CsvSource. */
  private static final Pattern COLUMN = Pattern.compile("[,|]");

  /** A shorter one is in many texts. */
  private static final int SHORTEST = 12;

  @Test
  void everyPrintedText_isQuotedByATest() {
    Set<Text> texts =
        ErrorTexts.ofDriver().texts().keySet().stream()
            .filter(text -> !text.answered())
            .collect(Collectors.toCollection(TreeSet::new));
    Set<Text> missing = new TreeSet<>(texts);
    for (String quote : quotes()) {
      List<Text> of = texts.stream().filter(text -> quotes(quote, text)).toList();
      if (of.size() == 1) {
        missing.remove(of.getFirst());
      }
    }
    assertThat(texts).hasSizeGreaterThan(70);
    assertThat(missing.stream().map(Text::text).collect(Collectors.joining("\n")))
        .as("texts that no test asks for")
        .isEmpty();
  }

  private static boolean quotes(String quote, Text text) {
    String longest =
        text.literals().stream().max(Comparator.comparingInt(String::length)).orElseThrow();
    return quote.contains(longest) || text.literals().stream().anyMatch(l -> l.contains(quote));
  }

  private static Set<String> quotes() {
    Set<String> quotes = new TreeSet<>();
    for (String module : MODULES) {
      Path tests = Checkout.ROOT.resolve(module).resolve("src/test/java");
      for (Path file : Checkout.files(tests, ".java")) {
        literals(file).forEach(literal -> quotes.addAll(words(literal)));
      }
    }
    return quotes;
  }

  /** A literal, and what of its columns is words: a flag alone is an argument of many tests. */
  private static List<String> words(String literal) {
    List<String> all = new ArrayList<>(List.of(literal));
    COLUMN.splitAsStream(literal).forEach(all::add);
    return all.stream().filter(w -> w.length() >= SHORTEST && w.contains(" ")).toList();
  }

  /** The literals of a source that are of some length. */
  static List<String> literals(Path source) {
    return LITERAL
        .matcher(Checkout.read(source))
        .results()
        .map(result -> result.group(1).replace("\\\"", "\""))
        .filter(literal -> literal.length() >= SHORTEST)
        .toList();
  }
}
