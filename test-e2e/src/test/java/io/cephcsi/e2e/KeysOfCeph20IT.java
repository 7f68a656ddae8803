package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cephcsi.ceph.Credentials;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster that began with Ceph 20 has keys that older clients cannot read; the guide's commands
 * let the driver in.
 */
final class KeysOfCeph20IT {
  private static final String GUIDE = "docs/guides/caps.md";

  @TempDir static Path folder;
  private static ThrowawayCeph ceph;

  /** With the tools of Ceph 20: this machine's may be clients that the cluster does not let in. */
  private static CephShell shell;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed after all tests
  static void start() throws Exception {
    ceph = ThrowawayCeph.start("--usual-keys");
    shell = CephShell.ofClustersVersion(ceph);
  }

  @AfterAll
  static void stop() throws Exception {
    ceph.close();
  }

  @Test
  void commandsOfTheGuide_letTheDriverIn() throws Exception {
    assumeTrue(shell.clusterVersion() >= 20, "a Ceph that has but one kind of keys");
    for (String name : List.of("csi-cephfs-provisioner", "csi-cephfs-node")) {
      assertThat(user(name, commandOfCapsIT(name)).key()).startsWith("Ag");
    }
    olderClientsAreRefused();

    List<String> said = new ArrayList<>();
    for (DocumentedCommand command : DocumentedCommand.of(KeysOfCeph20IT.class, GUIDE)) {
      said.add(shell.run(here(command.text())));
    }
    assertThat(said.getFirst())
        .as("what ceph mon dump says")
        .contains("auth_allowed_ciphers aes256k");
    // "make the driver's users with it": what is there already is the other one's too.
    var _ = shell.run("ceph auth rotate client.csi-cephfs-provisioner --key_type aes");

    assertThat(said.getLast()).as("what ceph health detail says").contains("AUTH_INSECURE");
    try (var rbd = DriverProcess.start(ceph, "--controllerserver")) {
      VolumeLife life = image("pvc-keys", key("csi-rbd"));
      Orchestrator.run(life, rbd, "CreateVolume", "ControllerExpandVolume", "DeleteVolume");
    }
    try (var controller = DriverProcess.startCephFs(ceph, "--controllerserver");
        var node =
            DriverProcess.startCephFs(
                ceph,
                "--nodeserver",
                "--mount-records=" + Files.createDirectory(folder.resolve("records")))) {
      VolumeLife life = subvolume("pvc-keys-fs", key("csi-cephfs-provisioner"));
      Orchestrator.run(life, controller, "CreateVolume");
      VolumeLife onNode = subvolume("pvc-keys-fs", key("csi-cephfs-node"));
      onNode.takeOver(life.volume());
      Orchestrator.run(
          onNode, node, "NodeStageVolume", "NodePublishVolume", "write 32 MiB", "read back");
      Orchestrator.run(onNode, node, "NodeUnpublishVolume", "NodeUnstageVolume");
      Orchestrator.run(life, controller, "DeleteVolume");
    }
  }

  /** Each kind of key has its reason: librados of this machine may be of Ceph 20 too. */
  private static void olderClientsAreRefused() throws Exception {
    if (new CephShell(ceph).ownVersion() >= 20) {
      return;
    }
    try (var cephFs = DriverProcess.startCephFs(ceph, "--controllerserver")) {
      VolumeLife unread = subvolume("pvc-new-key", key("csi-cephfs-provisioner"));
      assertThatThrownBy(() -> unread.run("CreateVolume", cephFs.client()))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("librados cannot read")
          .hasMessageContaining("--key_type aes");
      String oldKey = new CephShell(ceph).run("ceph-authtool --gen-print-key");
      var old = new Credentials("csi-cephfs-node", oldKey);
      VolumeLife refused = subvolume("pvc-old-key", old);
      assertThatThrownBy(() -> refused.run("CreateVolume", cephFs.client()))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED));
    }
  }

  /** The command by which the guide makes a user of this name on any Ceph. */
  private static String commandOfCapsIT(String name) {
    return DocumentedCommand.of(CapsIT.class, GUIDE).stream()
        .map(DocumentedCommand::text)
        .filter(text -> text.contains(" client." + name + " "))
        .findFirst()
        .orElseThrow();
  }

  private static String here(String command) {
    return command.replace("replicapool", ceph.pool()).replace("myfs", ceph.entry("fs"));
  }

  private static Credentials user(String name, String command) throws Exception {
    var _ = shell.run(here(command));
    return key(name);
  }

  private static Credentials key(String name) throws Exception {
    return new Credentials(name, shell.run("ceph auth get-key client." + name));
  }

  private static VolumeLife image(String name, Credentials user) throws Exception {
    return new VolumeLife(name, ceph.pool(), user, folder, Map.of());
  }

  private static VolumeLife subvolume(String name, Credentials user) throws Exception {
    return VolumeLife.onCephFs(ceph, user, name, folder);
  }
}
