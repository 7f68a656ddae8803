package io.cephcsi.cmd.people;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.rbd.care.CloneTree;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** The commands as far as they go without a cluster: what they refuse, and how. */
class PeopleTest {
  private static final String ID =
      "0001-0003-one-0000000000000002-11111111-2222-4333-8444-555555555555";

  private record Outcome(int exit, String out, String err) {}

  private static Outcome run(String... arguments) {
    var out = new ByteArrayOutputStream();
    return run(out, out, arguments);
  }

  private static Outcome run(OutputStream to, ByteArrayOutputStream out, String... arguments) {
    var err = new ByteArrayOutputStream();
    PrintStream outBefore = System.out;
    PrintStream errBefore = System.err;
    System.setOut(new PrintStream(to, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      int exit = People.run(List.of(arguments), "1.2.3", PeopleTest::seconds);
      return new Outcome(
          exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(outBefore);
      System.setErr(errBefore);
    }
  }

  private static Duration seconds(String text) {
    if (!text.matches("-?[0-9]+s")) {
      throw new TypeConversionException("'" + text + "' is no time, like 30s");
    }
    return Duration.ofSeconds(Long.parseLong(text.substring(0, text.length() - 1)));
  }

  @ParameterizedTest
  @CsvSource({
    "volume ls,volumes",
    "volumes lst,ls",
    "volumes shw x,show",
    "volumes ls --pol rbd,--pool",
    "volumes show x --timout 3s,--timeout",
    "id decod x,decode",
    "docter,doctor",
    "doctor --repare,--repair",
    "prefligth,preflight",
    "preflight --pol rbd,--pool",
    "support-bundel,support-bundle",
    "support-bundle --log-line 3,--log-lines",
  })
  void unknownWord_isExit2AndTheNearestIsSuggested(String line, String nearest) {
    Outcome outcome = run(line.split(" ", -1));
    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err()).contains(nearest).contains("--help tells more");
    assertThat(outcome.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "volumes ls -o yaml,yaml",
    "volumes ls --timeout soon,soon",
    "volumes ls --timeout 0s,--timeout must be more than 0",
    "volumes show,ID|NAME|IMAGE",
    "doctor --older-than yesterday,yesterday",
    "volumes ls --keyring a --secret b,--keyring and --secret both say who asks",
    "doctor --older-than=-1s,--older-than must not be less than 0: give 0s or more",
    "doctor --undo a --repair,--undo goes without",
    "doctor --undo /nonexistent/file,cannot be read: name the file that doctor --repair has told",
    "preflight --type nfs,nfs",
    "preflight --fs a,--fs goes with",
    "preflight --type cephfs --pool a,--pool goes with",
    "support-bundle --log /nonexistent,/nonexistent cannot be read: name a file that can",
    "support-bundle --log-lines 0,--log-lines must be more",
    "support-bundle --node-only --file /dev/null,/dev/null exists already",
    "id decode,ID",
    "id decode rubbish,is no volume id: give one like 0001",
    "id decode mig_x,mig_x",
  })
  void wrongValue_isExit2AndNamed(String line, String named) {
    Outcome outcome = run(line.split(" ", -1));
    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err()).contains(named);
  }

  @Test
  void severalProblems_areToldAtOnce() {
    Outcome outcome = run("volumes", "ls", "--timeout=0s", "--cluster-config=a", "--ceph-conf=b");
    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("--timeout must be")
        .contains("--cluster-config goes with --secret, --ceph-conf with --keyring")
        .contains("--cluster-config needs --secret");
  }

  @Test
  void unknownFlagsWrongValuesAndProblems_areToldAtOnce() {
    Outcome outcome =
        run("doctor", "--repare", "--undo", "a", "--dry-run", "--timeout", "0s", "-o", "yaml");
    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("--repare")
        .contains("--repair")
        .contains("'yaml'")
        .contains("--timeout must be more than 0")
        .contains("--undo goes without")
        .containsOnlyOnce("cephcsi doctor --help tells more");
  }

  @ParameterizedTest
  @CsvSource({
    "volumes ls -o jsn,json",
    "volumes ls --output=tabel,table",
    "preflight --type rdb,rbd",
    "preflight --type cephsf,cephfs",
  })
  void valueThatIsAlmostRight_isExit2AndTheNearestIsSuggested(String line, String nearest) {
    Outcome outcome = run(line.split(" ", -1));
    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err()).contains("; did you mean " + nearest + "?");
  }

  @ParameterizedTest
  @ValueSource(strings = {"volumes ls -o yaml", "preflight --type=", "volumes ls --timeout soon"})
  void valueThatIsNearToNone_getsNoSuggestion(String line) {
    assertThat(run(line.split(" ", -1)).err()).isNotEmpty().doesNotContain("did you mean");
  }

  @Test
  void cephConfThatIsMissing_isExit2WithWhatToGive(@TempDir Path folder) {
    Outcome outcome = run("volumes", "ls", "--ceph-conf", folder.resolve("none").toString());
    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("none cannot be read")
        .contains("name one by --ceph-conf, or config.json by --cluster-config");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[{\"clusterID\":\"one\"|1|config.json is broken",
        "[]|2|has no cluster: add one with its monitors",
        "[{\"clusterID\":\"two\",\"monitors\":[\"m\"]}]|2|which has two: add it, or choose another by --cluster-id",
        "[{\"clusterID\":\"one\",\"monitors\":[]}]|2|has no monitors in",
      })
  void configThatCannotBeUsed_isToldAndNotAnswered(
      String config, int exit, String told, @TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("config.json"), config);
    Path key = Files.writeString(folder.resolve("key"), "AQ==");
    String cluster = config.equals("[]") ? "pvc-1" : ID;
    Outcome outcome =
        run("volumes", "show", cluster, "--cluster-config", file.toString(), "--secret", key + "");
    assertThat(outcome.exit()).isEqualTo(exit);
    assertThat(outcome.err()).contains(told).doesNotContain("Exception");
  }

  @Test
  void severalClusters_oneMustBeChosen_andThatOfTheId(@TempDir Path folder) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("config.json"),
            """
            [{"clusterID":"two","monitors":["m"]},{"clusterID":"three","monitors":["m"]}]
            """);
    Path key = Files.writeString(folder.resolve("key"), "AQ==");
    String[] given = {"--cluster-config", file.toString(), "--secret", key.toString()};
    Outcome none = run(words("volumes ls", given));
    assertThat(none.exit()).isEqualTo(2);
    assertThat(none.err()).contains("has clusters two, three: choose one by --cluster-id");
    Outcome other = run(words("volumes show " + ID + " --cluster-id two", given));
    assertThat(other.exit()).isEqualTo(2);
    assertThat(other.err())
        .contains("the id is of cluster one, but cluster two")
        .contains("is asked: choose the other by --cluster-id");
  }

  private static String[] words(String line, String... more) {
    return Stream.concat(Stream.of(line.split(" ", -1)), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void missingConfig_isTold(@TempDir Path folder) throws IOException {
    Path key = Files.writeString(folder.resolve("key"), "AQ==");
    Outcome outcome =
        run("volumes", "ls", "--cluster-config", folder.resolve("none") + "", "--secret", key + "");
    assertThat(outcome.exit()).isEqualTo(1);
    assertThat(outcome.err()).contains("none is missing").doesNotContain("Exception");
  }

  @Test
  void keyringThatIsMissing_isExit2AndNamesTheFlag(@TempDir Path folder) throws IOException {
    Path conf = Files.writeString(folder.resolve("ceph.conf"), "[global]\n");
    String none = folder.resolve("none").toString();
    Outcome outcome = run("volumes", "ls", "--ceph-conf", conf + "", "--keyring", none);
    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("--keyring " + none)
        .contains(" cannot be read: name a keyring");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"userKey\":\"AQBhush|begins with { and is not JSON: correct it",
        "{\"hush\":\"\"}|has no key: give a keyring, JSON or the key alone",
        "'[client.a]\nkey = hush'|has no client.b: choose one that it has by --user",
      })
  void secretWithoutAKey_isToldWithoutItsText(String text, String told, @TempDir Path folder)
      throws IOException {
    Path file = Files.writeString(folder.resolve("key"), text);
    assertThat(refusedSecret(file, folder)).contains(told).doesNotContain("hush");
  }

  @Test
  void secretThatIsAnEmptyFileOrFolder_isToldWithWhatItNeeds(@TempDir Path folder)
      throws IOException {
    Path file = Files.createFile(folder.resolve("key"));
    assertThat(refusedSecret(file, folder)).contains("has no key: give a keyring");
    assertThat(refusedSecret(folder, folder)).contains("has no userKey: it needs userID");
  }

  private static String refusedSecret(Path secret, Path folder) throws IOException {
    Path config =
        Files.writeString(
            folder.resolve("config.json"), "[{\"clusterID\":\"one\",\"monitors\":[\"m\"]}]");
    String[] given = {"--cluster-config", config.toString(), "--secret", secret.toString()};
    Outcome outcome = run(words("volumes ls --user b", given));
    assertThat(outcome.exit()).isEqualTo(2);
    return outcome.err();
  }

  @Test
  void keyInThePlaceOfAFile_isNotRepeated(@TempDir Path folder) throws IOException {
    Path config =
        Files.writeString(
            folder.resolve("config.json"), "[{\"clusterID\":\"one\",\"monitors\":[\"m\"]}]");
    Outcome outcome =
        run("volumes", "ls", "--cluster-config", config + "", "--secret", "AQBhush==");
    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err()).contains("--secret names no file").doesNotContain("hush");
  }

  @Test
  void decode_asJson_isReadByMachines() {
    Outcome outcome = run("id", "decode", ID, "-o", "json");
    assertThat(outcome.exit()).isZero();
    assertThat(outcome.out()).contains("\"cluster\" : \"one\"").contains("csi-vol-11111111");
  }

  @Test
  void pipeThatCloses_isNoFailure() {
    var nobody =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    Outcome outcome = run(nobody, new ByteArrayOutputStream(), "id", "decode", ID);
    assertThat(outcome.exit()).isZero();
    assertThat(outcome.err()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"volumes --help", "help volumes show", "volumes show --help"})
  void help_isAnsweredOnStandardOut(String line) {
    Outcome outcome = run(line.split(" ", -1));
    assertThat(outcome.exit()).isZero();
    assertThat(outcome.out()).contains("Usage:");
  }

  @Test
  void help_onANarrowTerminal_isKeptToIt() {
    var line = new CommandLine(new DoctorCommand());
    String help = HelpText.of(line, 40);
    assertThat(help.lines().filter(text -> text.strip().contains(" ")))
        .hasSizeGreaterThan(30)
        .allSatisfy(text -> assertThat(text).hasSizeLessThanOrEqualTo(40));
    assertThat(help)
        .contains("      --fs=NAME\n        Only this filesystem;\n        repeatable.\n");
    assertThat(HelpText.of(line, 300).lines())
        .allSatisfy(text -> assertThat(text).hasSizeLessThanOrEqualTo(90));
  }

  @Test
  void labelled_standsBesideItsNameOrBelowIt() {
    assertThat(Figures.labelled("id  ", "1", 2, 40)).isEqualTo("  id  1\n");
    assertThat(Figures.labelled("id  ", ID, 2, 40)).isEqualTo("  id\n    " + ID + "\n");
  }

  @Test
  void tree_onANarrowTerminal_shortensNames() {
    var leaf = new CloneTree("rbd/" + "c".repeat(40), "3", false, true, List.of(), 0);
    var root = new CloneTree("rbd/" + "a".repeat(40), "1", true, false, List.of(leaf), 0);
    assertThat(VolumesShow.tree(root, 38))
        .hasSize(2)
        .allSatisfy(text -> assertThat(text).hasSizeLessThanOrEqualTo(38))
        .last()
        .asString()
        .endsWith("<- this one");
  }

  @Test
  void everyCommand_hasExamples() {
    for (String command :
        List.of(
            "volumes",
            "volumes ls",
            "volumes show",
            "doctor",
            "preflight",
            "support-bundle",
            "id",
            "id decode",
            "completion")) {
      Outcome outcome = run((command + " --help").split(" ", -1));
      assertThat(outcome.out()).as(command).contains("Examples:");
    }
  }

  @Test
  void completion_isAScriptWithAllCommands() {
    Outcome outcome = run("completion");
    assertThat(outcome.exit()).isZero();
    assertThat(outcome.out()).contains("volumes").contains("show").contains("decode");
  }

  @ParameterizedTest
  @ValueSource(ints = {40, 80, 200})
  void table_isNeverWiderThanTheScreen(int width) {
    var table =
        new Table(
            Table.Column.text("NAME", 0, 12),
            Table.Column.number("SIZE", 1),
            Table.Column.text("ID", 7, 20));
    table.row("pvc-0f1e2d3c-4b5a-4968-8776-655443322110", "1.5 GiB", ID);

    String text = table.text(width);

    assertThat(text.lines())
        .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(width));
    assertThat(text).contains("NAME").contains("pvc-0f");
  }

  @Test
  void tree_hasALineForEachImage() {
    var leaf = new CloneTree("rbd/c", "3", false, false, List.of(), 0);
    var asked = new CloneTree("rbd/b", "2", false, true, List.of(leaf), 2);
    var root =
        new CloneTree(
            "rbd/a",
            "1",
            true,
            false,
            List.of(asked, new CloneTree("rbd/d", "4", false, false, List.of(), 0)),
            0);
    assertThat(VolumesShow.tree(root, 80))
        .containsExactly(
            "rbd/a (in the trash)",
            "├─ rbd/b  <- this one",
            "│  ├─ rbd/c",
            "│  └─ and 2 more",
            "└─ rbd/d");
  }

  @Test
  void wrapped_isNeverWiderThanTheScreen() {
    String text = Figures.wrapped("one two three four five six seven eight nine ten", 2, 40);
    assertThat(text.lines())
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).startsWith("  ").hasSizeLessThanOrEqualTo(40));
  }

  @Test
  void backupThatIsNone_isRefused(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("b.json"), "{\"step\":\"Dance\"}\n");
    Outcome outcome = run("doctor", "--undo", file.toString());
    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("line 1 of")
        .contains("is no step of a repair: name the file that doctor --repair has told");
  }

  @Test
  void textOfOthers_cannotSteerATerminal() {
    assertThat(Figures.plain("a\u001b[2Jb\nc")).isEqualTo("a?[2Jb?c");
  }
}
