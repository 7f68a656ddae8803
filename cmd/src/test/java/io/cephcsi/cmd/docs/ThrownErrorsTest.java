package io.cephcsi.cmd.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.cephcsi.cmd.docs.ErrorTexts.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;

/**
 * Each text that a call is answered with was thrown by a test. Java's flight recorder writes down
 * what the tests of the modules below throw; those run before these here. A text that none of them
 * throws stands in {@code unthrown.txt}, and behind a tab there the integration test that throws
 * it.
 */
class ThrownErrorsTest {
  private static final List<String> MODULES = List.of("csi", "journal", "cluster", "rbd", "cephfs");

  /** The journal's own refusal, which others hand on as theirs. */
  private static final String CONFLICT = ".JournalConflict";

  @Test
  void everyText_isThrownByATest() throws IOException {
    assumeThat(MODULES).as("all tests have run").allMatch(module -> !recordings(module).isEmpty());
    Set<Text> texts =
        ErrorTexts.ofDriver().texts().keySet().stream()
            .filter(Text::answered)
            .collect(Collectors.toSet());
    Set<Text> thrown = new TreeSet<>();
    for (String module : MODULES) {
      for (Path recording : recordings(module)) {
        thrown.addAll(thrown(recording, texts));
      }
    }
    Set<String> missing = new TreeSet<>();
    texts.stream().filter(text -> !thrown.contains(text)).forEach(text -> missing.add(line(text)));
    missing.removeAll(unthrown().keySet());
    assertThat(String.join("\n", missing)).as("texts that no test throws").isEmpty();
  }

  @Test
  void whatStandsInTheList_isATextOfTheCode() throws IOException {
    Set<String> lines =
        ErrorTexts.ofDriver().texts().keySet().stream()
            .map(ThrownErrorsTest::line)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(unthrown().keySet()).allMatch(lines::contains);
  }

  /** It looks for some words of the text. */
  @Test
  void integrationTestInTheList_isOneOfTheText() throws IOException {
    for (var entry : unthrown().entrySet()) {
      assertThat(Checkout.files(Checkout.ROOT, "/" + entry.getValue() + ".java"))
          .as(entry.getKey())
          .singleElement()
          .satisfies(file ->
              assertThat(QuotedErrorsTest.literals(file)).anyMatch(entry.getKey()::contains));
    }
  }

  private static String line(Text text) {
    return ErrorsPage.code(text.kind()) + " " + text.text();
  }

  /** The texts, and the integration test of each. */
  private static Map<String, String> unthrown() throws IOException {
    Map<String, String> unthrown = new TreeMap<>();
    Path list = Path.of("src/test/resources/io/cephcsi/cmd/docs/unthrown.txt");
    for (String line : Files.readAllLines(list)) {
      String[] columns = line.split("\t", 2);
      unthrown.put(columns[0], columns[1]);
    }
    return unthrown;
  }

  private static List<Path> recordings(String module) {
    Path target = Checkout.ROOT.resolve(module).resolve("target");
    try (Stream<Path> files = Files.list(target)) {
      return files
          .filter(file -> file.toString().endsWith(".jfr"))
          .filter(file -> file.toFile().length() > 0) // a run that was killed leaves an empty one
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private static Set<Text> thrown(Path recording, Set<Text> texts) throws IOException {
    Set<Text> thrown = new TreeSet<>();
    try (var file = new RecordingFile(recording)) {
      while (file.hasMoreEvents()) {
        RecordedEvent event = file.readEvent();
        String name = event.getClass("thrownClass").getName();
        String message = event.getString("message");
        if (message != null && (name.contains("CsiException$") || name.endsWith(CONFLICT))) {
          String kind =
              name.endsWith(CONFLICT)
                  ? "FailedPrecondition"
                  : name.substring(name.indexOf('$') + 1);
          texts.stream()
              .filter(text -> text.kind().equals(kind) && text.matches(message))
              .max(Comparator.comparingInt(Text::literal))
              .ifPresent(thrown::add);
        }
      }
    }
    return thrown;
  }
}
