package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.e2e.MadeUpMachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code ./dev} installs, builds and starts, on a machine made up for it. */
class DevScriptTest {
  private static final String AGAIN = "mvn -B -Dmaven.compiler.useIncrementalCompilation=false ";
  private static final String E2E =
      AGAIN
          + "verify -Pit -pl test-e2e -am -Dtest=none -Dit.test=io/cephcsi/e2e/**"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false"
          + " -Dit.suites=";
  private static final String TESTS =
      AGAIN + "verify -Pit -Dit.without=kill|cephfs|compatibility|dashboard|kubernetes";
  private static final String MAIN =
      "test-e2e/target/test-e2e.jar:test-e2e/target/lib/* io.cephcsi.e2e.";

  /**
   * What the commands of the documentation start in the end; the list has those that are run here.
   */
  private static final Map<String, String> STARTS =
      Map.ofEntries(
          Map.entry("./dev demo --keep", MAIN + "Demo --keep"),
          Map.entry("./dev test --ceph=18", TESTS),
          Map.entry("./dev test --ceph=20", TESTS),
          Map.entry("./dev test --ceph=20 -pl cephfs -am", TESTS + " -pl cephfs -am"),
          Map.entry("./dev e2e", E2E),
          Map.entry("./dev e2e kubernetes", E2E + "kubernetes"),
          Map.entry("./dev e2e long", E2E + "kill|cephfs|compatibility|dashboard|kubernetes"),
          Map.entry("./dev e2e -Dit.test=DoctorIT", E2E + " -Dit.test=DoctorIT"),
          Map.entry("./dev bench", MAIN + "Bench"),
          Map.entry("./dev image --arch=arm64", " ."),
          Map.entry("./dev docs write", "-Dcephcsi.write=true"));

  private static final Pattern USAGE = Pattern.compile("(?m)^# {3}(\\./dev \\S.*?)(?: {2,}.*)?$");

  @TempDir Path folder;
  private MadeUpMachine machine;

  @BeforeEach
  void start() throws IOException {
    machine = new MadeUpMachine(folder);
  }

  /** One with all there is. */
  private void complete() throws IOException {
    machine.jdk("25");
    machine.programs(
        "mvn", "go", "gcc", "docker", "mmdebstrap", "prometheus", "containerd", "runc", "git");
  }

  @Test
  void jdk_isTheOldestThatWillDo() throws Exception {
    complete();
    machine.jdk("21");
    machine.jdk("26");
    machine.javaHome(machine.jdk("17"));
    assertThat(machine.run("./dev build").exit()).isZero();
    assertThat(machine.usedJdk()).isEqualTo(folder.resolve("jvm/jdk-25"));
  }

  @Test
  void jdkOfJavaHome_isTakenBefore() throws Exception {
    complete();
    machine.javaHome(machine.jdk("26"));
    assertThat(machine.run("./dev build").exit()).isZero();
    assertThat(machine.usedJdk()).isEqualTo(folder.resolve("jvm/jdk-26"));
  }

  @Test
  void jdkThatNoPackageBrings_isAskedFor() throws Exception {
    complete();
    machine.jdk("21");
    Files.move(folder.resolve("jvm/jdk-25"), folder.resolve("elsewhere"));
    Run run = machine.run("./dev build");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.said()).contains("dev: no JDK 25 or newer: install one and set JAVA_HOME");
    assertThat(machine.installed()).contains("openjdk-25-jdk-headless");
  }

  /** apt would refuse all packages for the one that it does not know. */
  @Test
  void jdkThatDebian12HasNot_isAskedForBeforeAllElse() throws Exception {
    complete();
    machine.debian("12");
    Files.move(folder.resolve("jvm/jdk-25"), folder.resolve("elsewhere"));
    Run run = machine.run("./dev demo");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.said()).contains("Debian 12 has none as a package: install one");
    assertThat(run.of("apt-get")).isEmpty();
  }

  @Test
  void whatIsMissing_isInstalledOnce() throws Exception {
    complete();
    machine.write("installed", "librados2\n");
    Run first = machine.run("./dev build");
    assertThat(first.exit()).as(first.said()).isZero();
    assertThat(first.said()).contains("dev: installing ceph-common librbd1 ceph-mon");
    assertThat(first.of("apt-get")).singleElement().asString().doesNotContain("librados2");
    assertThat(first.of("mvn"))
        .containsExactly("mvn -B -q -Dstyle.color=never -DskipTests package");
    Run second = machine.run("./dev build");
    assertThat(second.exit()).isZero();
    assertThat(second.said()).isEmpty();
    assertThat(second.started()).noneMatch(line -> line.matches("(?:apt-get|mvn|java) .*"));
  }

  @Test
  void whoIsNotRoot_isToldWhatToInstall() throws Exception {
    complete();
    machine.without("mvn");
    machine.user("1000");
    Run run = machine.run("./dev build");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.said())
        .isEqualTo(
            "dev: missing packages, to be installed by: sudo apt-get install"
                + " --no-install-recommends maven ceph-common librados2 librbd1 ceph-mon ceph-mgr"
                + " ceph-osd ceph-mds\n");
    assertThat(run.of("apt-get")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"12,qemu-system-common,docker-cli", "13,docker-cli,qemu-system-common"})
  void packages_areThoseOfThisDebian(String version, String has, String hasNot) throws Exception {
    complete();
    machine.without("docker");
    machine.debian(version);
    var _ = machine.run("./dev test --ceph=18"); // no docker daemon can be had here
    assertThat(machine.run("./dev bench").exit()).isZero();
    assertThat(machine.installed()).contains("docker.io", has).doesNotContain(hasNot);
  }

  @Test
  void whereIsNoApt_theToolsAreLookedFor() throws Exception {
    complete();
    machine.without("dpkg-query", "apt-get");
    Run refused = machine.run("./dev build");
    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.said())
        .isEqualTo(
            "dev: not a Debian: install what these Debian packages have, and come back: ceph-common"
                + " librados2 librbd1 ceph-mon ceph-mgr ceph-osd ceph-mds\n");
    machine.programs(
        "ceph-mon", "ceph-mgr", "ceph-osd", "ceph-mds", "rbd", "mkfs.ext4", "mkfs.xfs", "ip");
    machine.programs("mount.ceph", "ceph-fuse", "getfattr", "qemu-storage-daemon", "fusermount3");
    assertThat(machine.run("./dev build").exit()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "./dev e2e slow,'no suite slow: there are kill cephfs compatibility dashboard kubernetes, and"
        + " long, which is all of them',1",
    "./dev test --ceph=19,'--ceph=19: there are 18 and 20, and without it this machine''s own',1",
    "./dev image --tset,image --tset: it takes --test or --archive,1",
    "./dev image --arch=s390x,image --arch=s390x: there are amd64 and arm64,1",
    "./dev bulid,./dev build,2",
  })
  void whatItDoesNotKnow_isToldWithWhatItDoes(String command, String told, int exit)
      throws Exception {
    complete();
    Run run = machine.run(command);
    assertThat(run.exit()).isEqualTo(exit);
    assertThat(run.said()).contains(told);
  }

  @Test
  void imageForAnotherMachine_isMadeWhereThatIsEmulated() throws Exception {
    complete();
    String other = machineArchitecture().equals("arm64") ? "amd64" : "arm64";
    String qemu = other.equals("arm64") ? "qemu-aarch64" : "qemu-x86_64";

    Run run = machine.run("./dev image --arch=" + other);

    assertThat(run.exit()).as(run.said()).isZero();
    assertThat(run.said()).contains("dev: cephcsi:0.1.0-" + other);
    assertThat(run.of("docker"))
        .anySatisfy(line ->
            assertThat(line)
                .startsWith("docker build ")
                .contains(
                    " --build-arg TARGETARCH=" + other + " ", "--tag=cephcsi:0.1.0-" + other + " ")
                .contains(" --build-arg CLUSTER=pool=rbd --build-arg CLUSTER_KEY=secret "));
    assertThat(run.of("single-node")).as("started and ended").hasSize(2);
    assertThat(folder.resolve("binfmt_misc/register")).hasContent("programs of " + other);
    assertThat(folder.resolve("binfmt_misc").resolve(qemu)).as("taken back").hasContent("-1");
  }

  @Test
  void imageForAnotherMachine_withoutRoot_isRefused() throws Exception {
    complete();
    String other = machineArchitecture().equals("arm64") ? "amd64" : "arm64";
    var _ = machine.run("./dev image --arch=" + other);
    Files.delete(
        folder
            .resolve("binfmt_misc")
            .resolve(other.equals("arm64") ? "qemu-aarch64" : "qemu-x86_64"));
    machine.user("1000");

    Run run = machine.run("./dev image --arch=" + other);

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.said())
        .contains("dev: only root can let this kernel start programs of " + other);
  }

  static Stream<DocumentedCommand> commands() {
    return DocumentedCommand.of(DevScriptTest.class).stream();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void documentedCommand_startsWhatIsSaid(DocumentedCommand command) throws Exception {
    complete();
    Run run = machine.run(command.text());
    assertThat(run.exit()).as(run.said()).isZero();
    assertThat(STARTS).containsKey(command.text());
    assertThat(run.started()).anyMatch(line -> line.endsWith(STARTS.get(command.text())));
  }

  /** Each way to call it that its help names. */
  static List<String> usage() throws IOException {
    String dev = Files.readString(Checkout.root().resolve("dev"));
    return USAGE
        .matcher(dev.substring(0, dev.indexOf("# For example")))
        .results()
        .flatMap(line -> ways(line.group(1)))
        .distinct()
        .toList();
  }

  private static String machineArchitecture() {
    return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
  }

  private static Stream<String> ways(String line) {
    String known =
        line.replace("[SUITE...]", "[kill|long]")
            .replace("[MAVEN ARGS]", "[-X]")
            .replace("ARCH", machineArchitecture())
            .replace("DIR", "/tmp/x");
    List<String> ways = List.of("");
    for (MatchResult word :
        Pattern.compile("\\[([^]]+)]|(\\S+)").matcher(known).results().toList()) {
      boolean optional = word.group(1) != null;
      String alternatives = optional ? "|" + word.group(1) : word.group(2);
      ways =
          ways.stream()
              .flatMap(
                  way -> Stream.of(alternatives.split("\\|", -1)).map(a -> (way + " " + a).strip()))
              .toList();
    }
    return ways.stream();
  }

  @ParameterizedTest
  @MethodSource("usage")
  void everyWayOfItsHelp_isTaken(String command) throws Exception {
    complete();
    Run run = machine.run(command);
    assertThat(run.exit()).as(run.said()).isZero();
    assertThat(run.started().isEmpty()).as(run.said()).isEqualTo(command.endsWith("--help"));
  }
}
