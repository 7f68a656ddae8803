package io.cephcsi.cmd.people;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No secret gets into a bundle, wherever it stands. */
class SupportBundleTest {
  private static final String KEY = "AQBq7Xlmb0aaJxAAhIDDenHiDDenHiDDenHi0w==";
  private static final String LONG_KEY =
      "AgBq7Xlmb0aaJyAAhIDDenHiDDenHiDDenHiDDenHiDDenHiDDenHiDDen0=";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        KEY,
        LONG_KEY,
        "\tkey = HUSH",
        "secret=HUSH,name=csi",
        "1 2 3 rw - ceph m:/ rw,name=csi,secret=HUSH,acl",
        "\"userKey\" : \"HUSH and more of HUSH\"",
        "\"adminKey\":\"HU\\\"SH\"",
        "{\\\"userKey\\\":\\\"HUSH\\\"}",
        "encryptionPassphrase: HUSH",
        "AWS_SECRET_ACCESS_KEY=HUSH",
        "vaultToken=HUSH",
        "cephcsi --secret HUSH --type=rbd",
        "cephcsi --password=HUSH",
        "Authorization: Bearer HUSHHUSH",
        "https://user:HUSH@vault.example.com/v1",
        "eyJhbGciOiJSUzI1.eyJpc3MiOiJHUSH.HUSH",
        "-----BEGIN RSA PRIVATE KEY-----\nHUSH\n-----END RSA PRIVATE KEY-----",
        "a plain sentence with known-HUSH-word in it",
      })
  void secret_isTakenOut(String text) {
    String left = new Redaction(List.of("known-HUSH-word")).of("before\n" + text + "\nafter");
    assertThat(left)
        .startsWith("before\n")
        .endsWith("after")
        .contains("***")
        .doesNotContain("HUSH")
        .doesNotContain("SH\"")
        .doesNotContain("DDen");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0001-0024-b9127830-b0cc-4e34-aa47-9d1a2e9949a8-0000000000000002-aaaa",
        "\"clusterID\": \"one\", \"monitors\": [\"10.0.0.1:6789\"]",
        "csi-vol-11111111-2222-4333-8444-555555555555",
        "/var/lib/kubelet/plugins/kubernetes.io/csi/rbd.csi.ceph.com/globalmount",
      })
  void whatIsNoSecret_stays(String text) {
    assertThat(new Redaction(List.of("", "abc")).of(text)).isEqualTo(text);
  }

  @Test
  void bundle_isReadByTar_andOnlyByItsOwner() throws Exception {
    var bundle = new Bundle(1_700_000_000);
    bundle.add("one.txt", "x".repeat(512));
    bundle.add("folder/two.txt", "größer " + KEY + "\n");
    Path file = folder.resolve("b.tar.gz");
    bundle.write(file, new Redaction(List.of()));

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(tar("tf", file)).isEqualTo("one.txt\nfolder/two.txt\n");
    assertThat(tar("xOf", file)).isEqualTo("x".repeat(512) + "größer ***\n");
    assertThatThrownBy(() -> bundle.write(file, new Redaction(List.of())))
        .isInstanceOf(WrongUsage.class)
        .hasMessageContaining("name another one by --file");
  }

  private static String tar(String what, Path file) throws IOException, InterruptedException {
    Process tar =
        new ProcessBuilder("tar", what, file.toString()).redirectErrorStream(true).start();
    String said = new String(tar.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(tar.waitFor()).as(said).isZero();
    return said;
  }

  /** A node with keys everywhere that a node can have them. */
  @Test
  void node_withKeysEverywhere_givesNoneAway() throws IOException {
    file("proc/7/cmdline", "/opt/cephcsi\0--type=rbd\0--userkey=HUSH\0" + KEY + "\0");
    file("proc/8/cmdline", "sh\0-c\0other " + KEY + "\0");
    file("proc/self/mountinfo", "1 2 0:3 / /m rw - ceph m:/ rw,secret=" + KEY + "\n");
    file("sys/bus/rbd/devices/0/pool", "replicapool\n");
    file("sys/bus/rbd/devices/0/config_info", "m name=csi,secret=" + KEY + "\n");
    file("sys/block/nbd0/backend", "volume " + KEY + "\n");
    file("etc/os-release", "NAME=x\n");
    var node = new NodeState(folder);
    var bundle = new Bundle(0);
    bundle.add("drivers", node.drivers());
    bundle.add("mounts", node.mounts());
    bundle.add("mappings", node.mappings());
    bundle.add("system", node.system());
    Path file = folder.resolve("b.tar.gz");
    bundle.write(file, new Redaction(List.of()));

    assertThat(node.drivers()).startsWith("7 /opt/cephcsi --type=rbd").doesNotContain("other");
    String all = unpacked(file);
    assertThat(all)
        .contains("--type=rbd")
        .contains("pool=replicapool")
        .contains("nbd0 backend=volume")
        .contains("NAME=x")
        .doesNotContain("HUSH")
        .doesNotContain(KEY.substring(4, 20));
  }

  private void file(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static String unpacked(Path file) throws IOException {
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
