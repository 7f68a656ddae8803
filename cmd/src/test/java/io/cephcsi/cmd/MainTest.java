package io.cephcsi.cmd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class MainTest {
  private record Outcome(int exit, String out, String err) {}

  @Test
  void run_unknownFlag_isExit2WithTheNearestName() {
    Outcome outcome = run("--nodeserverr", "--type=rbd");

    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err()).contains("--nodeserverr").contains("--nodeserver");
  }

  @Test
  void run_severalProblems_tellsAllAtOnce() {
    Outcome outcome =
        run("-type=blob", "-endpoint=http://x", "-default-fstype=ntfs", "-topology=zone");

    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("--type=blob")
        .contains("http://x")
        .contains("ntfs")
        .contains("--topology: \"zone\" is not label=value")
        .contains("--nodeid");
  }

  @Test
  void run_unknownFlagsAndWrongValues_areToldAtOnceToo() {
    Outcome outcome =
        run("--nodeserverr", "--endpont=x", "--metricsport=x", "--polltime=5", "--type=blob");

    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("--nodeserverr")
        .contains("--endpont")
        .contains("--metricsport")
        .contains("--polltime")
        .contains("--type=blob")
        .contains("--nodeid is missing")
        .contains("cephcsi --help lists the flags");
  }

  @ParameterizedTest
  @CsvSource({
    "--metricsport=x,metricsport",
    "--polltime=5,duration",
    "--nodeserver=maybe,maybe",
    "--v=high,--v",
    "stray,stray"
  })
  void run_wrongValue_isExit2AndNamesIt(String argument, String named) {
    Outcome outcome = run(argument);

    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err()).contains(named);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--rbdhardmaxclonedepth=0: give 1 to 14",
        "--rbdhardmaxclonedepth=15: give 1 to 14",
        "--rbdsoftmaxclonedepth=9: give 0 to --rbdhardmaxclonedepth, 8",
        "--maxsnapshotsonimage=0: give 1 to 500",
        "--maxsnapshotsonimage=501: give 1 to 500",
        "--minsnapshotsonimage=451: give 0 to --maxsnapshotsonimage, 450",
      })
  void run_cloneLimitsThatCannotWork_isExit2AndNamesThem(String told) {
    String argument = told.substring(0, told.indexOf(':'));
    Outcome outcome = run("--type=rbd", "--nodeid=n", "--controllerserver", argument);

    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err()).contains(told);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--type=|--type is missing: give rbd, cephfs or liveness",
        "--controllerserver=false|neither --controllerserver nor --nodeserver is given",
        "--controllerserver=maybe|is neither true nor false: give one of the two",
        "--polltime=5|is not a duration: give one like 30s or 1m30s",
        "--stop-grace=-5s|is negative: give 0 or more",
        "--domainlabels=a/zone,b/zone|does not count: leave one out",
        "--topology=zone|is not label=value: write labels like region=r1",
        "--topology=zone=a,zone=b|has a label that is there already: name each once",
        "--drivername=my_driver|use letters, digits, dashes and dots",
        "--endpoint=http://x|nor tcp://host:port: give one of the two",
      })
  void run_driverWithAWrongFlag_isExit2WithWhatToDo(String argument, String told) {
    Outcome outcome = run("--type=rbd", "--nodeid=n", "--controllerserver", argument);

    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err()).contains(told);
  }

  @ParameterizedTest
  @CsvSource({
    "--type=rdb,--type=rdb is not known: choose rbd| cephfs or liveness; did you mean rbd?",
    "--type=cephsf,did you mean cephfs?",
    "--default-mounter=rbdnbd,did you mean rbd-nbd?",
    "--default-fstype=ext3,did you mean ext4?",
    "--log-format=jsn,did you mean json?",
  })
  void run_valueThatIsAlmostRight_suggestsTheNearest(String argument, String told) {
    Outcome outcome = run(argument);

    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err()).contains(told.replace('|', ','));
  }

  @Test
  void run_socketPathTooLong_isExit2AndNamesTheFlag() {
    Outcome outcome =
        run("--type=rbd", "--nodeid=n", "--nodeserver", "--endpoint=unix:///" + "s".repeat(110));

    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("--endpoint: ")
        .contains("s".repeat(110))
        .contains("the 107 bytes of a socket's path: choose a shorter one");
  }

  @Test
  void run_help_listsFlagsWithExamples() {
    Outcome outcome = run("-h");

    assertThat(outcome.exit()).isZero();
    assertThat(outcome.out()).contains("--endpoint").contains("Examples:").contains("Exit codes");
  }

  @Test
  void run_version_namesTheVersions() {
    assertThat(run("--version").out()).contains("Cephcsi Version").contains("Java Version");
  }

  @Test
  void run_endpointCannotBeMade_isExit1() {
    Outcome outcome =
        run("--type=rbd", "--nodeid=n", "--nodeserver", "--endpoint=unix:///nowhere/at/all.sock");

    assertThat(outcome.exit()).isEqualTo(1);
    assertThat(outcome.err())
        .contains("endpoint unix:///nowhere/at/all.sock: ")
        .contains("see whether its folder is there and writable");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--metricsport=70000|--metricsport=70000 is no port: choose one from 1 to 65535",
        "--driver-metrics-port=-1|--driver-metrics-port=-1 is no port",
        "--metricspath=metrics|does not begin with a slash: give a path like /metrics",
        "--metrics-tls-cert=x|--metrics-tls-cert and --metrics-tls-key go together",
        "--metrics-tls-key=x|go together: give both or none",
        "--polltime=0s|--polltime=0s is not positive: give a time like 60s",
        "--timeout=-1s|--timeout=-1s is not positive: give a time like 3s",
        "--log-format=xml|--log-format=xml is not known: choose text or json",
      })
  void run_liveness_wrongFlag_isExit2AndNamesIt(String argument, String named) {
    Outcome outcome = run("--type=liveness", argument);

    assertThat(outcome.exit()).isEqualTo(2);
    assertThat(outcome.err()).contains(named);
  }

  @Test
  void run_livenessPortInUse_isExit1AndNamesIt() throws IOException {
    try (var taken = new ServerSocket(0)) {
      Outcome outcome = run("--type=liveness", "--metricsport=" + taken.getLocalPort());

      assertThat(outcome.exit()).isEqualTo(1);
      assertThat(outcome.err()).contains(":" + taken.getLocalPort()).contains("another port");
    }
  }

  @Test
  void run_driverMetricsPortInUse_isExit1AndNothingIsServed(@TempDir Path folder)
      throws IOException {
    try (var taken = new ServerSocket(0)) {
      Outcome outcome =
          run(
              "--type=rbd",
              "--nodeid=n",
              "--nodeserver",
              "--endpoint=unix://" + folder.resolve("csi.sock"),
              "--driver-metrics-port=" + taken.getLocalPort());

      assertThat(outcome.exit()).isEqualTo(1);
      assertThat(outcome.err()).contains(":" + taken.getLocalPort()).contains("another port");
      assertThat(folder.resolve("csi.sock")).doesNotExist();
    }
  }

  @Test
  void run_tlsFileMissing_isExit1AndNamesIt() {
    Outcome outcome =
        run("--type=liveness", "--metrics-tls-cert=/no/tls.crt", "--metrics-tls-key=/no/tls.key");

    assertThat(outcome.exit()).isEqualTo(1);
    assertThat(outcome.err())
        .contains("/no/tls.crt is missing")
        .contains("mount its Secret, or correct --metrics-tls-cert");
  }

  @Test
  void run_cephFsWithNothingToServe_servesBoth() {
    Outcome outcome = run("--type=cephfs", "--nodeid=n", "--endpoint=unix:///nowhere/at/all.sock");

    assertThat(outcome.exit()).isEqualTo(1);
    assertThat(outcome.err()).contains("/nowhere/at/all.sock").doesNotContain("neither");
  }

  @Test
  void flags_defaults_areCephCsis() {
    var flags = new Flags();

    assertThat(flags.endpoint).isEqualTo("unix:///tmp/csi.sock");
    assertThat(flags.instanceId).isEqualTo("default");
    assertThat(flags.setMetadata).isFalse();
    assertThat(flags.pollTime).isEqualTo(Duration.ofMinutes(1));
    assertThat(flags.timeout).isEqualTo(Duration.ofSeconds(3));
    assertThat(flags.metricsPort).isEqualTo(8080);
    assertThat(flags.metricsPath).isEqualTo("/metrics");
    assertThat(flags.driverMetricsPort).isZero();
    assertThat(flags.logSlowOpInterval).isEqualTo(Duration.ofSeconds(30));
    assertThat(flags.hardMaxCloneDepth).isEqualTo(8);
    assertThat(flags.softMaxCloneDepth).isEqualTo(4);
    assertThat(flags.maxSnapshotsOnImage).isEqualTo(450);
    assertThat(flags.minSnapshotsOnImage).isEqualTo(250);
    assertThat(flags.defaultFilesystem).isEqualTo("ext4");
    assertThat(FlagProblems.driverName(parse("--type=rbd"))).isEqualTo("rbd.csi.ceph.com");
    assertThat(FlagProblems.driverName(parse("--type=cephfs"))).isEqualTo("cephfs.csi.ceph.com");
  }

  @Test
  void flags_everyFlag_isTakenOnce() {
    for (OptionSpec option : new CommandLine(new Flags()).getCommandSpec().options()) {
      String value = value(option);
      if (!value.isEmpty()) {
        assertThat(parse(option.longestName() + "=" + value)).isNotNull();
      }
    }
  }

  private static String value(OptionSpec option) {
    if (option.usageHelp()) {
      return "";
    }
    if (option.type() == boolean.class) {
      return "T";
    }
    return option.type() == Duration.class ? "1m30s" : "7";
  }

  @Test
  void arguments_goStyle_areUnderstood() {
    assertThat(GoArguments.normal(List.of("-a", "--b", "c", "-d=e", "--f"), Set.of("a", "f")))
        .containsExactly("--a=true", "--b", "c", "--d=e", "--f=true");
  }

  @ParameterizedTest
  @CsvSource({"30s,30000", "1m30s,90000", "1.5h,5400000", "0,0", "250ms,250", "-1s,-1000"})
  void durations_goStyle_areRead(String text, long millis) {
    assertThat(new GoDuration().convert(text)).isEqualTo(Duration.ofMillis(millis));
  }

  private static Flags parse(String argument) {
    var flags = new Flags();
    new CommandLine(flags).parseArgs(argument);
    return flags;
  }

  private static Outcome run(String... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    var toOut = new ByteArrayOutputStream();
    var toErr = new ByteArrayOutputStream();
    System.setOut(new PrintStream(toOut, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(toErr, true, StandardCharsets.UTF_8));
    try {
      int exit = Main.run(List.of(arguments));
      return new Outcome(
          exit, toOut.toString(StandardCharsets.UTF_8), toErr.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }
}
