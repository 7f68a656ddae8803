package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Each command of the documentation is run: {@code commands.txt} says by which test, and that test
 * takes its commands from there.
 */
class DocumentedCommandsTest {
  private static final Path LIST =
      Path.of("test-e2e/src/test/resources/io/cephcsi/e2e/commands.txt");

  /** What builds is not started amid a build; these scripts start it. */
  private static final Set<String> SCRIPTS = Set.of(".ci/run", "dev");

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

  @Test
  void everyTestOfTheList_takesItsCommandsFromIt() throws IOException {
    Set<String> runners = claims().stream().map(Claim::runner).collect(Collectors.toSet());
    runners.removeAll(SCRIPTS);
    try (Stream<Path> files = Files.walk(Checkout.root().resolve("test-e2e/src/test/java"))) {
      Set<String> takers =
          files
              .filter(file -> file.toString().endsWith("IT.java"))
              .filter(file -> TAKES.matcher(read(file)).find())
              .map(file -> file.getFileName().toString().replace(".java", ""))
              .collect(Collectors.toSet());
      assertThat(takers).containsExactlyInAnyOrderElementsOf(runners);
    }
  }

  /** With arguments of its own. */
  @Test
  void everyCommandOfAScript_isInIt() {
    for (Claim claim : claims()) {
      if (SCRIPTS.contains(claim.runner())) {
        String command = claim.text().replaceFirst("^(\\./dev \\S+).*", "$1 ");
        assertThat(read(Path.of(claim.runner())).lines())
            .anyMatch(line -> (line.strip() + " ").startsWith(command));
      }
    }
  }
}
