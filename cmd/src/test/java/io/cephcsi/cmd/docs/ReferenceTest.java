package io.cephcsi.cmd.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/**
 * The pages that are made from the code are what the code makes of them; with the system property
 * {@code cephcsi.write} they are made anew.
 */
class ReferenceTest {
  private static final Map<String, Supplier<String>> PAGES = new LinkedHashMap<>();

  static {
    PAGES.put("docs/reference/errors.md", () -> ErrorsPage.text(ErrorTexts.ofDriver()));
    PAGES.put("docs/reference/flags.md", CommandPages::flags);
    PAGES.put("docs/reference/commands.md", CommandPages::commands);
    PAGES.put("docs/reference/parameters.md", ParametersPage::text);
    PAGES.put("docs/reference/metrics.md", MetricsListPage::text);
    PAGES.put("docs/man/cephcsi.1", CommandPages::man);
  }

  static Stream<String> pages() {
    return PAGES.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("pages")
  void page_isWhatTheCodeMakesOfIt(String name) throws IOException {
    String wanted = PAGES.get(name).get();
    Path file = Checkout.ROOT.resolve(name);
    if (Boolean.getBoolean("cephcsi.write")) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, wanted);
    }
    assertThat(file).as("./dev docs write makes it anew").exists();
    assertThat(Checkout.read(file)).as("./dev docs write makes it anew").isEqualTo(wanted);
  }

  /** Those of the page are run by a test. */
  @Test
  void everyExampleOfAGroup_isOneOfThePage() {
    for (CommandLine command : CommandPages.people().subcommands().values()) {
      if (!command.getSubcommands().isEmpty()) {
        assertThat(CommandPages.examples(command.getCommandSpec()))
            .as(command.getCommandName())
            .isNotEmpty()
            .allMatch(example -> CommandPages.commands().contains(example));
      }
    }
  }

  @Test
  void everyError_isKnownAndSaysWhatToDo() {
    ErrorTexts errors = ErrorTexts.ofDriver();
    assertThat(errors.texts()).hasSizeGreaterThan(200);
    assertThat(errors.unknown()).as("errors whose text cannot be read here").isEmpty();
    assertThat(errors.texts().keySet())
        .allSatisfy(text -> {
          assertThat(ErrorsPage.knows(text.kind())).as(text.kind()).isTrue();
          assertThat(ErrorsPage.remedy(text.text())).as("what to do: " + text.text()).isPresent();
        });
  }
}
