package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each command of the documentation is run: {@code commands.txt} says by which test, and that test
 * takes its commands from there.
 */
class DocumentedCommandsTest {
  private static final Path LIST =
      Path.of("test-e2e/src/test/resources/io/cephcsi/e2e/commands.txt");

  /** What builds is not started amid a build; this script starts it. */
  private static final String SCRIPT = ".ci/run";

  /** What stands behind a command there: how often its tests are tried, and what may fail. */
  private static final Pattern BEHIND = Pattern.compile("( \"\\$\\{again\\[@]}\")?( \\|\\| .*)?$");

  private static final Pattern TAKES =
      Pattern.compile("DocumentedCommand\\.of\\(|new PageCommands\\(");

  /**
   * A line of the list.
   *
   * @param runner a test, or a script
   */
  record Claim(String page, String runner, String text) {}

  static List<Claim> claims() {
    List<Claim> claims = new ArrayList<>();
    String page = "";
    String runner = "";
    for (String line :
        read(LIST).lines().filter(l -> !l.isBlank() && l.charAt(0) != '#').toList()) {
      if (line.startsWith("    ")) {
        claims.add(new Claim(page, runner, line.strip()));
      } else if (line.startsWith("  ")) {
        runner = line.strip();
      } else {
        page = line.strip();
      }
    }
    return claims;
  }

  private static String read(Path file) {
    try {
      return Files.readString(Checkout.root().resolve(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void everyCommand_isRunByATest() {
    assertThat(claims().stream().map(claim -> claim.page() + ": " + claim.text()))
        .as("the commands in %s", LIST)
        .containsExactlyInAnyOrderElementsOf(
            DocumentedCommand.all().stream().map(DocumentedCommand::toString).toList());
  }

  @ParameterizedTest
  @ValueSource(strings = {"```bash", "```console", "```", "~~~", "  ```sh"})
  void blockInWhichCommandsWouldNotBeSeen_isRefused(String fence) {
    String page = "%s\nceph -s\n%s\n".formatted(fence, fence);
    assertThatThrownBy(() -> DocumentedCommand.read("a.md", page, new LinkedHashSet<>()))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("a.md: a block begins with '%s'", fence);
  }

  /** Their users are those of the guide on caps, which CapsIT makes. */
  @ParameterizedTest
  @ValueSource(strings = {"rbd", "cephfs"})
  void userOfAnExample_isOneOfTheGuide(String driver) {
    List<String> made =
        read(Path.of("examples", driver, "secret.yaml"))
            .lines()
            .filter(line -> line.contains("ceph auth "))
            .map(line -> line.replaceFirst("^#\\s*", ""))
            .toList();
    assertThat(made).isNotEmpty();
    assertThat(DocumentedCommand.of(CapsIT.class, "docs/guides/caps.md"))
        .extracting(DocumentedCommand::text)
        .containsAll(made);
  }

  @Test
  void everyTestOfTheList_takesItsCommandsFromIt() throws IOException {
    Set<String> runners = claims().stream().map(Claim::runner).collect(Collectors.toSet());
    runners.remove(SCRIPT);
    try (Stream<Path> files = Files.walk(Checkout.root().resolve("test-e2e/src/test/java"))) {
      Set<String> takers =
          files
              .filter(file -> file.toString().matches(".*(?:IT|Test)\\.java"))
              .filter(file -> !file.endsWith("DocumentedCommandsTest.java"))
              .filter(file -> TAKES.matcher(read(file)).find())
              .map(file -> file.getFileName().toString().replace(".java", ""))
              .collect(Collectors.toSet());
      assertThat(takers).containsExactlyInAnyOrderElementsOf(runners);
    }
  }

  @Test
  void everyCommandOfTheScript_isALineOfIt() {
    List<String> lines =
        read(Path.of(SCRIPT)).lines().map(line -> BEHIND.matcher(line).replaceFirst("")).toList();
    assertThat(claims())
        .filteredOn(claim -> claim.runner().equals(SCRIPT))
        .extracting(Claim::text)
        .isSubsetOf(lines);
  }
}
