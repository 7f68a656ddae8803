package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Preflight and the bundle on a real cluster, for users with and without rights. */
class PreflightIT {
  private static ThrowawayCeph ceph;
  private static CephShell shell;

  @TempDir Path folder;

  @SuppressWarnings("MustBeClosedChecker") // closed after all tests
  @BeforeAll
  static void start() throws Exception {
    ceph = ThrowawayCeph.start();
    shell = new CephShell(ceph);
  }

  @AfterAll
  static void end() {
    ceph.close();
  }

  /** Each check's state. */
  private static Map<String, String> states(CommandRun run) throws Exception {
    Map<String, String> states = new TreeMap<>();
    for (JsonNode check : new ObjectMapper().readTree(run.out())) {
      states.put(check.path("check").asText(), check.path("state").asText());
      assertThat(check.path("remedy").asText()).as(check.toString()).isNotEmpty();
      assertThat(check.path("remedy").asText().equals("nothing"))
          .as(check.toString())
          .isEqualTo(check.path("state").asText().equals("ok"));
    }
    return states;
  }

  private CommandRun preflight(String user, String caps, String... more) throws Exception {
    Path keyring = folder.resolve(user);
    Files.writeString(
        keyring, shell.run("ceph auth get-or-create client.%s %s".formatted(user, caps)));
    List<String> words = new ArrayList<>(List.of("preflight", "--ceph-conf", ceph.entry("conf")));
    words.addAll(List.of("--user", user, "--keyring", keyring.toString(), "-o", "json"));
    words.addAll(List.of(more));
    return CommandRun.of(words.toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "full,mon 'profile rbd' osd 'profile rbd' mgr 'profile rbd',ok,ok,ok,ok",
        "node,mon 'profile rbd' osd 'profile rbd',ok,ok,note,ok",
        "reader,mon 'allow r' osd 'allow r',ok,problem,note,note",
        "nobody,mon 'allow r',problem,problem,note,note",
      })
  void rights_areToldByWhatTheyAreFor(
      String user, String caps, String read, String write, String tasks, String fencing)
      throws Exception {
    CommandRun run = preflight(user, caps, "--pool", ceph.pool());

    Map<String, String> states = states(run);
    assertThat(states)
        .containsEntry("connection", "ok")
        .containsEntry("key of client." + user, "ok")
        .containsEntry("versions", versions())
        .containsEntry("pool " + ceph.pool(), "ok")
        .containsEntry("right: reading in pool " + ceph.pool(), read)
        .containsEntry("right: writing in pool " + ceph.pool(), write)
        .containsEntry("right: removal of very large images", managerHasTasks() ? tasks : "note")
        .containsEntry("right: fencing", fencing);
    assertThat(states.get("health")).as("insecure keys of Ceph 20").isNotEqualTo("problem");
    assertThat(run.exit()).isEqualTo(states.containsValue("problem") ? 1 : 0);
    assertThat(shell.run("ceph osd blocklist ls")).doesNotContain("preflight");
  }

  /** Debian 13's has none, and what can be done without is no problem. */
  private static boolean managerHasTasks() {
    return ceph.entry("rbd_tasks").equals("yes");
  }

  /** This machine's libraries may be of a Ceph that is much older than the cluster's. */
  private static String versions() throws Exception {
    return shell.clusterVersion() - shell.ownVersion() > 2 ? "note" : "ok";
  }

  @Test
  void poolThatIsMissingOrUnfit_isAProblemWithItsCommand() throws Exception {
    shell.run("ceph osd pool create unfit 8");
    CommandRun run =
        CommandRun.of(
            "preflight", "--ceph-conf", ceph.entry("conf"), "--pool", "none", "--pool", "unfit");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out())
        .contains("problem  pool none: does not exist")
        .contains("-> ceph osd pool create none && rbd pool init none")
        .contains("problem  pool unfit: has not the application rbd")
        .contains("-> rbd pool init unfit");
  }

  @Test
  void cephFs_rightsOfTheProvisionerAndOfNodes_areTold() throws Exception {
    String fs = ceph.entry("fs");
    String provisioner =
        "mon 'allow r' mgr 'allow rw' osd 'allow rw tag cephfs metadata=" + fs + "'";
    CommandRun run = preflight("provisioner", provisioner, "--type", "cephfs", "--fs", fs);
    assertThat(states(run)).containsEntry("right: subvolumes of " + fs, "ok");
    String node = "mon 'allow r' mds 'allow rw' osd 'allow rw tag cephfs data=" + fs + "'";
    CommandRun other = preflight("mounts", node, "--type", "cephfs", "--fs", "none");
    assertThat(states(other)).containsEntry("filesystem none", "problem");
    CommandRun lacking = preflight("mounts", node, "--type", "cephfs");
    assertThat(states(lacking)).containsEntry("right: subvolumes of " + fs, "problem");
  }

  /** A manager that was asked of it would not answer the next question either. */
  @Test
  void filesystemThatNobodyServes_isToldAndTheManagerNotAsked() throws Exception {
    String fs = ceph.entry("fs");
    String user = "mon 'allow r' mgr 'allow rw' osd 'allow rw tag cephfs metadata=" + fs + "'";
    shell.run("ceph fs fail " + fs);
    CommandRun run = preflight("unserved", user, "--type", "cephfs");
    assertThat(states(run))
        .containsEntry("subvolumes of " + fs, "problem")
        .containsEntry("filesystem " + fs, "ok");
    shell.run("ceph fs set %s joinable true".formatted(fs));
    shell.run("timeout 60 ceph fs subvolume ls " + fs);
  }

  @Test
  void clusterThatDoesNotAnswer_isOneProblemAmongOthers() throws Exception {
    Path config = config("127.0.0.1:1");
    CommandRun run =
        CommandRun.of(
            "preflight",
            "--cluster-config",
            config + "",
            "--secret",
            key() + "",
            "--timeout",
            "2s");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out())
        .contains("kernel:")
        .contains("0 of 1 monitors answer from here")
        .contains("problem  cluster: connect to 127.0.0.1:1");
  }

  @Test
  void bundle_hasNoSecret_thoughKeysStandEverywhere() throws Exception {
    String secret = ceph.credentials().key();
    Path config =
        Files.writeString(
            folder.resolve("config.json"),
            """
            [{"clusterID":"one","monitors":["%s"],"userKey":"%s","password":"HUSH two words"}]
            """
                .formatted(ceph.monitors(), secret));
    Path log =
        Files.writeString(
            folder.resolve("driver.log"),
            "first line\nI0101 mount -o name=csi,secret=%1$s\nkey = %1$s\ntoken: HUSH\nlast line\n"
                .formatted(secret));
    shell.run("ceph config-key set cephcsi/test '" + secret + "'");
    Path file = folder.resolve("bundle.tar.gz");
    CommandRun run =
        CommandRun.of(
            "support-bundle",
            "--cluster-config",
            config + "",
            "--secret",
            key() + "",
            "--log",
            log + "",
            "--log-lines",
            "4",
            "--file",
            file + "");
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(run.out()).isEqualTo(file + "\n");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
          .contains("version.txt")
          .contains(ceph.fsid())
          .contains("\"pool\" : \"" + ceph.pool())
          .contains("\"check\" : \"right: fencing\"")
          .contains("last line")
          .doesNotContain("first line")
          .doesNotContain(secret)
          .doesNotContain(secret.substring(4, secret.length() - 4))
          .doesNotContain("HUSH")
          .doesNotContain("two words");
    }
    assertThat(CommandRun.of("support-bundle", "--node-only", "--file", file + "").exit())
        .isEqualTo(2);
  }

  @Test
  void bundle_withoutACluster_isWrittenAndSaysWhatIsMissing() throws Exception {
    Path file = folder.resolve("b.tar.gz");
    CommandRun run =
        CommandRun.of(
            "support-bundle",
            "--cluster-config",
            config("127.0.0.1:1") + "",
            "--secret",
            key() + "",
            "--timeout",
            "2s",
            "--file",
            file + "");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("127.0.0.1:1").doesNotContain(ceph.credentials().key());
    assertThat(file).isNotEmptyFile();
  }

  private Path config(String monitor) throws Exception {
    return Files.writeString(
        folder.resolve("config.json"),
        "[{\"clusterID\":\"one\",\"monitors\":[\"%s\"]}]".formatted(monitor));
  }

  private Path key() throws Exception {
    return Files.writeString(folder.resolve("key"), ceph.credentials().key());
  }
}
