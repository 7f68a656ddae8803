package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import csi.v1.ControllerGetVolumeHealthRequest;
import csi.v1.ControllerGetVolumeRequest;
import csi.v1.ControllerListVolumeHealthRequest;
import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.DeleteVolumeGroupSnapshotRequest;
import csi.v1.GetCapacityRequest;
import csi.v1.GetMetadataAllocatedRequest;
import csi.v1.GetMetadataDeltaRequest;
import csi.v1.GetVolumeGroupSnapshotRequest;
import csi.v1.ListSnapshotsRequest;
import csi.v1.ListVolumesRequest;
import csi.v1.NodeGetStorageHealthRequest;
import csi.v1.Snapshot;
import csi.v1.ValidateVolumeCapabilitiesRequest;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.VolumeSource;
import csi.v1.VolumeGroupSnapshot;
import io.cephcsi.ceph.Credentials;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The users of the guide on caps, made by its very commands, can do every call; and who has less is
 * told which caps are missing.
 */
final class CapsIT {
  private static final String GUIDE = "docs/guides/caps.md";
  private static final Pattern MAKES_USER =
      Pattern.compile("ceph auth get-or-create client\\.(\\S+) .*");
  private static final Duration PURGES = Duration.ofMinutes(2);

  @TempDir static Path folder;
  private static final Map<String, Credentials> USERS = new TreeMap<>();
  private static ThrowawayCeph ceph;
  private static CephShell shell;
  private static DriverProcess rbd;
  private static DriverProcess rbdNode;
  private static DriverProcess cephFs;
  private static DriverProcess cephFsNode;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed after all tests
  static void start() throws Exception {
    ceph = ThrowawayCeph.start();
    shell = new CephShell(ceph);
    rbd = DriverProcess.start(ceph, "--controllerserver");
    rbdNode = DriverProcess.start(ceph, "--nodeserver", "--state-dir=" + folder.resolve("state"));
    cephFs = DriverProcess.startCephFs(ceph, "--controllerserver");
    cephFsNode =
        DriverProcess.startCephFs(
            ceph,
            "--nodeserver",
            "--mount-records=" + Files.createDirectory(folder.resolve("records")));
    for (DocumentedCommand command : DocumentedCommand.of(CapsIT.class, GUIDE)) {
      String here =
          command.text().replace("replicapool", ceph.pool()).replace("myfs", ceph.entry("fs"));
      var makesUser = MAKES_USER.matcher(here);
      if (makesUser.matches()) {
        USERS.put(makesUser.group(1), user(makesUser.group(1), here));
      } else {
        // "… shows them"
        assertThat(shell.run(here.replace("client.NAME", "client.csi-rbd")))
            .contains("caps osd = \"profile rbd pool=" + ceph.pool());
      }
    }
  }

  @AfterAll
  static void stop() throws Exception {
    new CephFsRemains(ceph, folder).unmountAll();
    cephFsNode.close();
    cephFs.close();
    rbdNode.close();
    rbd.close();
    ceph.close();
  }

  /** Makes a user. */
  private static Credentials user(String name, String command) throws Exception {
    String keyring = shell.run(command);
    return new Credentials(name, keyring.substring(keyring.lastIndexOf(" = ") + 3).strip());
  }

  private static Credentials user(String name) {
    Credentials user = USERS.get(name);
    if (user == null) {
      throw new AssertionError(GUIDE + " makes no user " + name);
    }
    return user;
  }

  @Test
  void rbd_usersOfTheGuide_canDoEveryCall() throws Exception {
    VolumeLife life = image("pvc-caps", user("csi-rbd"));
    run(life, rbd, "CreateVolume");
    VolumeLife onNode = image("pvc-caps", user("csi-rbd-node"));
    onNode.takeOver(life.volume());

    run(onNode, rbdNode, "NodeStageVolume", "NodePublishVolume", "write 32 MiB", "read back");
    run(life, rbd, "ControllerExpandVolume");
    run(onNode, rbdNode, "NodeExpandVolume", "NodeGetVolumeStats");
    assertHealthy(onNode, rbdNode);
    run(onNode, rbdNode, "NodeUnpublishVolume", "NodeUnstageVolume");
    look(life, rbd);
    copies(life, rbd);
    groupSnapshot(life);
    run(life, rbd, "DeleteVolume");

    try (var remains = new Remains(ceph, folder)) {
      assertThat(remains.awaitNothing(PURGES)).isEmpty();
    }
  }

  /** What {@code --fencing} does to the client of a lost node. */
  @Test
  void rbd_usersOfTheGuide_mayFence() throws Exception {
    for (String name : List.of("csi-rbd", "csi-rbd-node")) {
      Credentials user = user(name);
      Path keyring = folder.resolve(name);
      Files.writeString(keyring, "[client.%s]\nkey = %s\n".formatted(name, user.key()));
      String ceph = "ceph --id %s --keyring %s".formatted(name, keyring);
      assertThat(shell.run(ceph + " osd blocklist add 127.9.9.9:0/1 2>&1"))
          .contains("blocklisting");
    }
  }

  @Test
  void cephFs_usersOfTheGuide_canDoEveryCall() throws Exception {
    VolumeLife life = subvolume("pvc-caps", user("csi-cephfs-provisioner"));
    run(life, cephFs, "CreateVolume");
    VolumeLife onNode = subvolume("pvc-caps", user("csi-cephfs-node"));
    onNode.takeOver(life.volume());

    run(onNode, cephFsNode, "NodeStageVolume", "NodePublishVolume", "write 32 MiB", "read back");
    run(life, cephFs, "ControllerExpandVolume");
    run(onNode, cephFsNode, "NodeGetVolumeStats");
    assertHealthy(onNode, cephFsNode);
    run(onNode, cephFsNode, "NodeUnpublishVolume", "NodeUnstageVolume");
    look(life, cephFs);
    copies(life, cephFs);
    shownSnapshot(life);
    run(life, cephFs, "DeleteVolume");

    assertThat(new CephFsRemains(ceph, folder).all()).isEmpty();
  }

  private static void shownSnapshot(VolumeLife life) throws Exception {
    var snapshot = new SnapshotLife(life, "snapshot-shown");
    var _ = Orchestrator.run(snapshot.cut(), cephFs::client);
    VolumeLife shown = life.copy("pvc-caps-shown", true, snapshot::source);
    run(shown, cephFs, "CreateVolume");
    VolumeLife onNode =
        subvolume("pvc-caps-shown", user("csi-cephfs-node-snapshots"))
            .copy("pvc-caps-shown", true, VolumeContentSource::getDefaultInstance);
    onNode.takeOver(shown.volume());

    run(onNode, cephFsNode, "NodeStageVolume", "NodePublishVolume");
    assertThat(onNode.target().resolve("data")).exists();
    run(onNode, cephFsNode, "NodeUnpublishVolume", "NodeUnstageVolume");

    run(shown, cephFs, "DeleteVolume");
    var _ = Orchestrator.run(snapshot.delete(), cephFs::client);
  }

  /** A snapshot, what is restored from it, and a copy of the volume. */
  private static void copies(VolumeLife life, DriverProcess driver) throws Exception {
    var snapshot = new SnapshotLife(life, "snapshot-caps");
    var _ = Orchestrator.run(snapshot.cut(), driver::client);
    assertThat(
            driver
                .client()
                .controller()
                .listSnapshots(
                    ListSnapshotsRequest.newBuilder()
                        .setSnapshotId(snapshot.source().getSnapshot().getSnapshotId())
                        .putAllSecrets(life.secrets())
                        .build())
                .getEntriesCount())
        .isEqualTo(1);
    VolumeLife restored = life.copy("pvc-caps-restored", false, snapshot::source);
    VolumeLife copied = life.copy("pvc-caps-copied", false, () -> volume(life));
    run(restored, driver, "CreateVolume", "ControllerExpandVolume");
    run(copied, driver, "CreateVolume", "DeleteVolume");
    run(restored, driver, "DeleteVolume");
    var _ = Orchestrator.run(snapshot.delete(), driver::client);
  }

  private static VolumeContentSource volume(VolumeLife life) {
    return VolumeContentSource.newBuilder()
        .setVolume(VolumeSource.newBuilder().setVolumeId(life.volume().getVolumeId()))
        .build();
  }

  /** The calls that only look; some have no secrets and go by the user of those before. */
  private static void look(VolumeLife life, DriverProcess driver) throws IOException {
    String id = life.volume().getVolumeId();
    CsiClient client = driver.client();
    assertThat(
            client
                .controller()
                .validateVolumeCapabilities(
                    ValidateVolumeCapabilitiesRequest.newBuilder()
                        .setVolumeId(id)
                        .addVolumeCapabilities(life.capability())
                        .putAllVolumeContext(life.volume().getVolumeContextMap())
                        .putAllSecrets(life.secrets())
                        .build())
                .hasConfirmed())
        .isTrue();
    assertThat(
            client
                .controller()
                .controllerGetVolume(
                    ControllerGetVolumeRequest.newBuilder().setVolumeId(id).build())
                .getVolume()
                .getVolumeId())
        .isEqualTo(id);
    assertThat(client.controller().listVolumes(ListVolumesRequest.getDefaultInstance()))
        .satisfies(answer ->
            assertThat(answer.getEntriesList())
                .anyMatch(entry -> entry.getVolume().getVolumeId().equals(id)));
    assertThat(
            client
                .controller()
                .getCapacity(
                    GetCapacityRequest.newBuilder().putAllParameters(life.parameters()).build())
                .getAvailableCapacity())
        .isPositive();
    assertThat(
            client
                .controller()
                .controllerGetVolumeHealth(
                    ControllerGetVolumeHealthRequest.newBuilder()
                        .setVolumeId(id)
                        .putAllSecrets(life.secrets())
                        .build())
                .getVolumeHealth()
                .getHealthStatusesList())
        .isEmpty();
    assertThat(
            client
                .controller()
                .controllerListVolumeHealth(
                    ControllerListVolumeHealthRequest.newBuilder()
                        .putAllSecrets(life.secrets())
                        .build())
                .getEntriesList())
        .isEmpty();
  }

  private static void assertHealthy(VolumeLife onNode, DriverProcess driver) {
    assertThat(onNode.healthOnNode(driver.client())).isEmpty();
    assertThat(
            driver
                .client()
                .node()
                .nodeGetStorageHealth(
                    NodeGetStorageHealthRequest.newBuilder()
                        .putAllSecrets(onNode.secrets())
                        .build())
                .toString())
        .doesNotContain("Refuses");
  }

  private static void groupSnapshot(VolumeLife life) {
    CsiClient client = rbd.client();
    VolumeGroupSnapshot first = group(life, "group-1");
    VolumeGroupSnapshot second = group(life, "group-2");
    assertThat(
            client
                .groupController()
                .getVolumeGroupSnapshot(
                    GetVolumeGroupSnapshotRequest.newBuilder()
                        .setGroupSnapshotId(first.getGroupSnapshotId())
                        .putAllSecrets(life.secrets())
                        .build())
                .getGroupSnapshot())
        .isEqualTo(first);
    assertThat(
            client
                .snapshotMetadata()
                .getMetadataAllocated(
                    GetMetadataAllocatedRequest.newBuilder()
                        .setSnapshotId(first.getSnapshots(0).getSnapshotId())
                        .putAllSecrets(life.secrets())
                        .build())
                .next()
                .getBlockMetadataList())
        .isNotEmpty();
    client
        .snapshotMetadata()
        .getMetadataDelta(
            GetMetadataDeltaRequest.newBuilder()
                .setBaseSnapshotId(first.getSnapshots(0).getSnapshotId())
                .setTargetSnapshotId(second.getSnapshots(0).getSnapshotId())
                .putAllSecrets(life.secrets())
                .build())
        .forEachRemaining(answer -> assertThat(answer.getBlockMetadataList()).isEmpty());
    for (VolumeGroupSnapshot group : List.of(first, second)) {
      var _ =
          client
              .groupController()
              .deleteVolumeGroupSnapshot(
                  DeleteVolumeGroupSnapshotRequest.newBuilder()
                      .setGroupSnapshotId(group.getGroupSnapshotId())
                      .addAllSnapshotIds(
                          group.getSnapshotsList().stream().map(Snapshot::getSnapshotId).toList())
                      .putAllSecrets(life.secrets())
                      .build());
    }
  }

  private static VolumeGroupSnapshot group(VolumeLife life, String name) {
    return rbd.client()
        .groupController()
        .createVolumeGroupSnapshot(
            CreateVolumeGroupSnapshotRequest.newBuilder()
                .setName(name)
                .addSourceVolumeIds(life.volume().getVolumeId())
                .putParameters("clusterID", DriverProcess.CLUSTER_ID)
                .putParameters("pool", ceph.pool())
                .putAllSecrets(life.secrets())
                .build())
        .getGroupSnapshot();
  }

  /** Ceph 18 does not refuse any more who has no caps at all of such daemons: calls time out. */
  private static void assumeRefused(String name) throws Exception {
    boolean without = name.matches(".*-without-(osd|mds)");
    assumeTrue(!without || shell.clusterVersion() < 18);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          rbd-without-mon | osd 'profile rbd pool=rbd' mgr 'profile rbd pool=rbd'       | mon caps
          rbd-without-osd | mon 'profile rbd' mgr 'profile rbd pool=rbd'                | osd caps
          rbd-other-pool  | mon 'profile rbd' osd 'profile rbd pool=other'              | osd caps
          rbd-only-reads  | mon 'profile rbd' osd 'profile rbd-read-only pool=rbd'      | osd caps
          """)
  void rbd_controllerWithLess_isToldWhichCaps(String name, String caps, String missing)
      throws Exception {
    assumeRefused(name);
    VolumeLife life = image("pvc-" + name, less(name, caps));

    assertDenied(life, rbd, "CreateVolume", missing);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          node-without-osd | mon 'profile rbd'                                          | osd caps
          node-only-reads  | mon 'profile rbd' osd 'profile rbd-read-only pool=rbd'     | osd caps
          """)
  void rbd_nodeWithLess_isToldWhichCaps(String name, String caps, String missing) throws Exception {
    assumeRefused(name);
    VolumeLife life = image("pvc-" + name, user("csi-rbd"));
    run(life, rbd, "CreateVolume");
    VolumeLife onNode = image("pvc-" + name, less(name, caps));
    onNode.takeOver(life.volume());

    assertDenied(onNode, rbdNode, "NodeStageVolume", missing);

    run(onNode, rbdNode, "NodeUnstageVolume");
    run(life, rbd, "DeleteVolume");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          fs-without-mon  | mgr 'allow rw' osd 'allow rw tag cephfs metadata=cephfs'               | mon caps
          fs-without-mgr  | mon 'allow r' osd 'allow rw tag cephfs metadata=cephfs'                | mgr caps
          fs-mgr-reads    | mon 'allow r' mgr 'allow r' osd 'allow rw tag cephfs metadata=cephfs'  | mgr caps
          fs-without-osd  | mon 'allow r' mgr 'allow rw'                                           | osd caps
          fs-data-alone   | mon 'allow r' mgr 'allow rw' osd 'allow rw tag cephfs data=cephfs'     | osd caps
          """)
  void cephFs_provisionerWithLess_isToldWhichCaps(String name, String caps, String missing)
      throws Exception {
    assumeRefused(name);
    VolumeLife life = subvolume("pvc-" + name, less(name, caps));

    assertDenied(life, cephFs, "CreateVolume", missing);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          node-without-mds | mon 'allow r' osd 'allow rw tag cephfs data=cephfs'                                             | mds caps
          node-other-path  | mon 'allow r' mds 'allow rw fsname=cephfs path=/other' osd 'allow rw tag cephfs data=cephfs'    | mds caps
          """)
  void cephFs_nodeWithLess_isToldWhichCaps(String name, String caps, String missing)
      throws Exception {
    assumeRefused(name);
    VolumeLife life = subvolume("pvc-" + name, user("csi-cephfs-provisioner"));
    run(life, cephFs, "CreateVolume");
    VolumeLife onNode = subvolume("pvc-" + name, less("fs-" + name, caps));
    onNode.takeOver(life.volume());

    assertDenied(onNode, cephFsNode, "NodeStageVolume", missing);

    run(onNode, cephFsNode, "NodeUnstageVolume");
    run(life, cephFs, "DeleteVolume");
  }

  private static Credentials less(String name, String caps) throws Exception {
    return user(name, "ceph auth get-or-create client.%s %s".formatted(name, caps));
  }

  private static void assertDenied(
      VolumeLife life, DriverProcess driver, String step, String missing) {
    assertThatThrownBy(() -> life.run(step, driver.client()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
              assertThat(e.getStatus().getDescription()).contains(missing);
            });
  }

  private static VolumeLife image(String name, Credentials user) throws IOException {
    return new VolumeLife(
        name,
        ceph.pool(),
        user,
        folder,
        Map.of(
            "tryOtherMounters",
            "true",
            "imageFeatures",
            "layering,exclusive-lock,object-map,fast-diff"));
  }

  private static VolumeLife subvolume(String name, Credentials user) throws IOException {
    return VolumeLife.onCephFs(ceph, user, name, folder);
  }

  private static void run(VolumeLife life, DriverProcess driver, String... steps)
      throws IOException, InterruptedException {
    Orchestrator.run(life, driver, steps);
  }
}
