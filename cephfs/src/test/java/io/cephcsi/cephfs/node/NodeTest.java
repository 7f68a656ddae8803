package io.cephcsi.cephfs.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.NodeGetVolumeStatsRequest;
import csi.v1.NodeStageVolumeRequest;
import csi.v1.NodeUnpublishVolumeRequest;
import csi.v1.NodeUnstageVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.BlockVolume;
import csi.v1.VolumeCapability.MountVolume;
import csi.v1.VolumeUsage;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cluster.CrushLocation;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.journal.SnapshotRequest;
import io.cephcsi.journal.Stores;
import io.cephcsi.journal.VolumeRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the node's RPCs do on a node in memory. The numbers are those of the acceptance scenarios
 * that a test covers.
 */
class NodeTest {
  @TempDir Path directory;
  private MemoryNode host;
  private Node node;
  private String snapshotName = "";

  @BeforeEach
  void start() throws Exception {
    host = new MemoryNode(directory);
    node = new Node(directory, host, Node.SETTINGS);
  }

  @AfterEach
  void stop() {
    node.close();
    node.clusters.checkNothingOpen();
  }

  private static void byFuse(NodeStageVolumeRequest.Builder request) {
    request.putVolumeContext("mounter", "fuse");
  }

  private String mountCommand() {
    return host.commands.stream()
        .filter(c -> c.contains("mount -t ceph") || c.contains("ceph-fuse " + node.staging))
        .reduce((_, last) -> last)
        .orElseThrow();
  }

  @Test
  void stage_whereTheContextTellsAll_asksTheClusterNothing() {
    node.clusters.forget("10.0.0.1:6789");

    node.stage(_ -> {});

    assertThat(mountCommand())
        .startsWith(
            "mount -t ceph 10.0.0.1:6789:"
                + Node.PATH
                + " "
                + node.staging
                + " -o name=admin,secretfile=/proc/")
        .endsWith(",mds_namespace=cephfs,recover_session=clean,_netdev");
  }

  /** Where its cluster is lost, and config.json has the one that mirrors it. */
  @Test
  void stage_volumeOfAMirroredCluster_mountsTheMirror_W44() throws IOException {
    Files.writeString(node.config, "[{\"clusterID\":\"two\",\"monitors\":[\"10.0.0.2:6789\"]}]");
    Files.writeString(
        node.mapping,
        "[{\"clusterIDMapping\":{\"one\":\"two\"},\"CephFSFscIDMapping\":[{\"1\":\"4\"}]}]");

    node.stage(_ -> {});

    assertThat(mountCommand()).startsWith("mount -t ceph 10.0.0.2:6789:" + Node.PATH + " ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"kernel", "fuse"})
  void stage_givesTheKeyByAFileInMemoryAlone(String mounter) {
    node.stage(request -> request.putVolumeContext("mounter", mounter));

    assertThat(host.keys).containsExactly(Node.KEY);
    assertThat(host.commands).noneMatch(command -> command.contains(Node.KEY));
    assertThat(directory).isDirectoryRecursivelyContaining("glob:**/mountinfo");
    assertThat(filesWith(Node.KEY)).isEmpty();
  }

  private List<Path> filesWith(String text) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).filter(f -> read(f).contains(text)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** C13, C14, C3. */
  @Test
  void stage_byFuse_runsADaemonOfItsOwnSession() {
    node.stage(r ->
        r.putVolumeContext("mounter", "fuse")
            .putVolumeContext("fuseMountOptions", "default_permissions"));

    assertThat(mountCommand())
        .startsWith(
            "setsid ceph-fuse "
                + node.staging
                + " -m 10.0.0.1:6789 -c /dev/null -n client.admin --keyfile=/proc/")
        .contains(" -r " + Node.PATH + " ")
        .endsWith(" -o default_permissions --client_mds_namespace=cephfs");
    assertThat(host.processes()).hasSize(1);
  }

  /** C2, C4: the class's options, those of the cluster, near reads, then the volume's own. */
  @Test
  void stage_options_areMergedInOrderAndOnce() throws Exception {
    var labels = Map.of("topology.kubernetes.io/zone", "z.1", "kubernetes.io/hostname", "node-1");
    var settings =
        new NodeSettings(
            "n", Map.of(), "ignored", "", false, new CrushLocation(false, List.of(), () -> labels));
    node =
        again(
            settings,
            "[{\"clusterID\":\"one\",\"monitors\":[\"10.0.0.1:6789\"],"
                + "\"cephFS\":{\"kernelMountOptions\":\"noatime,nocrc\"},\"readAffinity\":{\"enabled\":true,"
                + "\"crushLocationLabels\":[\"topology.kubernetes.io/zone\",\"kubernetes.io/hostname\",\"x\"]}}]");
    String context = "context=\"system_u:object_r:container_file_t:s0:c0,c1\"";

    node.stage(r ->
        r.putVolumeContext("kernelMountOptions", "nocrc,recover_session=no")
            .setVolumeCapability(
                Node.capability(AccessMode.Mode.MULTI_NODE_READER_ONLY)
                    .setMount(MountVolume.newBuilder().addMountFlags(context))));

    assertThat(mountCommand())
        .endsWith(
            ",mds_namespace=cephfs,nocrc,recover_session=no,noatime,"
                + "read_from_replica=localize,crush_location=zone:z-1|host:node-1,"
                + context
                + ",ro,_netdev");
  }

  private Node again(NodeSettings settings, String config) throws Exception {
    node.close();
    Path other = Files.createDirectory(directory.resolve("again"));
    var made = new Node(other, host, settings);
    Files.writeString(made.config, config);
    return made;
  }

  @Test
  void stage_nearReadsByTheFlagAlone_work() throws Exception {
    var near =
        new CrushLocation(true, List.of("a/region", "a/zone"), () -> Map.of("a/region", "r1"));
    node =
        again(
            new NodeSettings("n", Map.of(), "", "", false, near),
            "[{\"clusterID\":\"one\",\"monitors\":[\"10.0.0.1:6789\"]}]");

    node.stage(_ -> {});

    assertThat(mountCommand()).contains("read_from_replica=localize,crush_location=region:r1,");
  }

  @Test
  void stage_oldKernel_getsNoOptionsThatItLacks() throws Exception {
    host.kernel("4.18.0-553.el8_10.x86_64", true);
    node =
        again(
            new NodeSettings("n", Map.of(), "", "", false, CrushLocation.ANYWHERE),
            "[{\"clusterID\":\"one\",\"monitors\":[\"10.0.0.1:6789\"]}]");

    node.stage(_ -> {});

    assertThat(mountCommand()).doesNotContain("recover_session");
  }

  @ParameterizedTest
  @ValueSource(strings = {"kernel", "fuse"})
  void stage_networkNamespace_isEntered(String mounter) throws Exception {
    node =
        again(
            Node.SETTINGS,
            "[{\"clusterID\":\"one\",\"monitors\":[\"10.0.0.1:6789\"],\"cephFS\":{\"netNamespaceFilePath\":\"/run/netns/x\"}}]");

    node.stage(request -> request.putVolumeContext("mounter", mounter));

    assertThat(mountCommand()).startsWith("nsenter --net=/run/netns/x -- ");
  }

  @ParameterizedTest
  @CsvSource({
    "kernel,cannot open /run/netns/x: No such file or directory",
    "fuse,cannot open /run/netns/x: No such file or directory",
    "kernel,reassociate to namespace 'ns/net' failed: Operation not permitted"
  })
  void stage_networkNamespaceMissing_saysWhereItIsNamed(String mounter, String words)
      throws Exception {
    node =
        again(
            Node.SETTINGS,
            "[{\"clusterID\":\"one\",\"monitors\":[\"10.0.0.1:6789\"],\"cephFS\":{\"netNamespaceFilePath\":\"/run/netns/x\"}}]");
    host.fail("nsenter", "nsenter: " + words);

    assertThatThrownBy(() -> node.stage(r -> r.putVolumeContext("mounter", mounter)))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining(words)
        .hasMessageContaining("netNamespaceFilePath /run/netns/x of clusterID one");
  }

  @Test
  void stage_monitorsOfProtocolTwoAlone_areToldToTheKernel() throws Exception {
    node = again(Node.SETTINGS, "[{\"clusterID\":\"one\",\"monitors\":[\"v2:10.0.0.1:3300\"]}]");

    node.stage(_ -> {});

    assertThat(mountCommand()).contains(" 10.0.0.1:3300:/volumes").contains("ms_mode=prefer-crc");
  }

  @Test
  void stage_wishThatCannotBeMet_isRefusedWithTheReason() throws Exception {
    host.kernel("6.1.0", false);

    assertThatThrownBy(() -> node.stage(r -> r.putVolumeContext("mounter", "kernel")))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("its kernel has no ceph");
    node.stage(
        r -> r.putVolumeContext("mounter", "kernel").putVolumeContext("tryOtherMounters", "true"));

    assertThat(mountCommand()).contains("ceph-fuse");
  }

  @Test
  void stage_kernelWithoutQuotas_isNotTakenUnlessForced() throws Exception {
    host.kernel("3.10.0-957.el7.x86_64", true);
    node = again(Node.SETTINGS, "[{\"clusterID\":\"one\",\"monitors\":[\"10.0.0.1:6789\"]}]");
    node.stage(_ -> {});
    assertThat(mountCommand()).contains("ceph-fuse");
    node.unstage();
    node.close();

    Path other = Files.createDirectory(directory.resolve("forced"));
    node =
        new Node(
            other, host, new NodeSettings("n", Map.of(), "", "", true, CrushLocation.ANYWHERE));
    node.stage(_ -> {});

    assertThat(mountCommand()).startsWith("mount -t ceph");
  }

  @Test
  void stage_noMounterAtAll_saysWhatIsMissing() throws Exception {
    host.kernel("6.1.0", false);
    host.fail("ceph-fuse --version", "not found");

    assertThatThrownBy(() -> node.stage(_ -> {}))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("package ceph-fuse");
  }

  @Test
  void stage_withoutPathInTheContext_asksTheCluster() {
    String id = reserve("pvc-1", "");
    var credentials = new Credentials("admin", Node.KEY);
    String subvolume = "csi-vol-" + id.substring(id.length() - 36);
    try (OpenFileSystem fs = node.fileSystems.open("one", "cephfs", credentials)) {
      fs.subvolumes().create(subvolume, 1 << 30, "");
    }

    node.stage(r -> r.setVolumeId(id).removeVolumeContext("subvolumePath"));

    assertThat(mountCommand()).contains("10.0.0.1:6789:/volumes/csi/" + subvolume + "/");
  }

  /** Restored in place, by hand, it has another directory in it than the PersistentVolume says. */
  @ParameterizedTest
  @ValueSource(strings = {"kernel", "fuse"})
  void stage_subvolumeMadeAnew_isMountedWhereTheClusterSays(String mounter) {
    String id = reserve("pvc-1", "");
    String path = create(id);
    String old = "/volumes/csi/csi-vol-" + id.substring(id.length() - 36) + "/1b671a64";
    host.failWith(old, "mount error 2 = No such file or directory");
    Consumer<NodeStageVolumeRequest.Builder> request =
        r ->
            r.setVolumeId(id)
                .putVolumeContext("mounter", mounter)
                .putVolumeContext("subvolumePath", old);

    node.stage(request);

    assertThat(mountCommand()).contains(path + " ");
    node.stage(request);
    assertThat(node.mounts.all()).hasSize(1);
    assertIsAnother(request.andThen(r -> r.setVolumeId(reserveWithSubvolume("pvc-2"))));
  }

  private String reserveWithSubvolume(String name) {
    String id = reserve(name, "");
    var _ = create(id);
    return id;
  }

  /** Gives back its path. */
  private String create(String id) {
    String subvolume = "csi-vol-" + id.substring(id.length() - 36);
    try (OpenFileSystem fs =
        node.fileSystems.open("one", "cephfs", new Credentials("admin", Node.KEY))) {
      fs.subvolumes().create(subvolume, 1 << 30, "");
      return fs.subvolumes().path(subvolume).orElseThrow();
    }
  }

  @Test
  void stage_fileSystemRenamed_isMountedByItsNewName() {
    String id = reserve("pvc-1", "");
    String path = create(id);
    node.subvolumes.renameFileSystem("cephfs", "new");
    host.failWith("mds_namespace=cephfs,", "mount error 2 = No such file or directory");
    Consumer<NodeStageVolumeRequest.Builder> request =
        r -> r.setVolumeId(id).putVolumeContext("subvolumePath", path);
    assertThatThrownBy(() -> node.stage(request)) // the driver has known it by its old name
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("has another name now, ask again");

    node.stage(request);

    assertThat(mountCommand()).contains(path + " ").contains("mds_namespace=new,");
  }

  @Test
  void stage_notThereAndTheUserMayNotAsk_isNotFoundByTheMountsWords() {
    String id = reserveWithSubvolume("pvc-1");
    host.fail("mount -t ceph", "mount error 2 = No such file or directory");
    node.clusters.deny("10.0.0.1:6789");

    assertThatThrownBy(() -> node.stage(r -> r.setVolumeId(id)))
        .isInstanceOf(CsiException.NotFound.class)
        .hasMessageContaining("mount error 2");

    assertThat(node.mounts.all()).isEmpty();
  }

  private String reserve(String name, String backingSnapshotId) {
    var credentials = new Credentials("admin", Node.KEY);
    try (OpenFileSystem fs = node.fileSystems.open("one", "cephfs", credentials)) {
      var made =
          node.journal.reserve(
              Stores.of(fs.pool()), new VolumeRequest(name, "csi-vol-", "", "", backingSnapshotId));
      return "0001-0003-one-%016x-%s".formatted(fs.fileSystem().id(), made.entry().uuid());
    }
  }

  /** C31, and W18: also when the parent volume was deleted, since its path is not asked for. */
  @Test
  void stage_volumeThatShowsASnapshot_bindsItReadOnly() {
    String id = reserve("pvc-shallow", snapshot());
    host.contents.put(".snap/" + snapshotName, "9f1d2c3b\n");
    Consumer<NodeStageVolumeRequest.Builder> shallow = r -> shallow(r, id);

    node.stage(shallow);

    Path data = node.staging.resolve(".snap").resolve(snapshotName).resolve("9f1d2c3b");
    assertThat(mountCommand()).contains(":/volumes/csi/csi-vol-parent ").contains(",ro,");
    assertThat(host.commands).contains("mount --bind -o ro,_netdev " + data + " " + node.staging);
    Mount mount = node.mounts.at(node.staging).orElseThrow();
    assertThat(mount.root()).endsWith("/9f1d2c3b");
    assertThat(mount.readOnly()).isTrue();

    host.commands.clear();
    node.stage(shallow);
    assertThat(host.commands).noneMatch(c -> c.startsWith("mount"));
    var _ =
        node.unstage.answer(
            NodeUnstageVolumeRequest.newBuilder()
                .setVolumeId(id)
                .setStagingTargetPath(node.staging.toString())
                .build());
    assertThat(node.mounts.at(node.staging)).isEmpty();
  }

  private static void shallow(NodeStageVolumeRequest.Builder request, String id) {
    request
        .setVolumeId(id)
        .putVolumeContext("subvolumePath", "/volumes/csi/csi-vol-parent/")
        .setVolumeCapability(Node.capability(AccessMode.Mode.MULTI_NODE_READER_ONLY));
  }

  private String snapshot() {
    var credentials = new Credentials("admin", Node.KEY);
    try (OpenFileSystem fs = node.fileSystems.open("one", "cephfs", credentials)) {
      var made =
          node.snapshotJournal.reserve(
              Stores.of(fs.pool()),
              new SnapshotRequest("snap-1", "csi-snap-", "csi-vol-parent", "", "", "", 0));
      snapshotName = made.entry().imageName();
      return "0001-0003-one-%016x-%s".formatted(fs.fileSystem().id(), made.entry().uuid());
    }
  }

  @Test
  void stage_killedBetweenTheTwoMountsOfASnapshot_isDoneAnew() {
    String id = reserve("pvc-shallow", snapshot());
    host.contents.put(".snap/" + snapshotName, "9f1d2c3b\n");
    Consumer<NodeStageVolumeRequest.Builder> shallow = r -> shallow(r, id);
    node.stage(shallow);
    var _ = host.run(List.of("umount", node.staging.toString()), new byte[0], Duration.ZERO);

    node.stage(shallow);

    assertThat(node.mounts.at(node.staging).orElseThrow().root()).endsWith("/9f1d2c3b");
    assertThat(node.mounts.all()).hasSize(2);
  }

  /** Of a subvolume that the manager was just making or removing when it was cut. */
  @ParameterizedTest
  @ValueSource(strings = {"", "9f1d2c3b\n7a6b5c4d\n"})
  void stage_snapshotHasNotOneDirectory_isRefusedAndLeavesNothing(String found) {
    String id = reserve("pvc-shallow", snapshot());
    host.contents.put(".snap/" + snapshotName, found);

    assertThatThrownBy(() -> node.stage(r -> shallow(r, id)))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("volume " + id + " shows snapshot " + snapshotName)
        .hasMessageContaining("there are " + found.lines().toList())
        .hasMessageContaining("take another snapshot");

    assertThat(node.mounts.all()).isEmpty();
  }

  @Test
  void stage_snapshotCannotBeSeen_isNotFoundAndLeavesNothing() {
    String id = reserve("pvc-shallow", snapshot());

    assertThatThrownBy(() -> node.stage(r -> shallow(r, id)))
        .isInstanceOf(CsiException.NotFound.class)
        .hasMessageContaining("volume " + id + " shows a snapshot that cannot be seen")
        .hasMessageContaining(".snap/" + snapshotName)
        .hasMessageContaining("ceph fs subvolume snapshot ls")
        .hasMessageNotContaining(Node.KEY);

    assertThat(node.mounts.all()).isEmpty();
    host.contents.put(".snap/" + snapshotName, "9f1d2c3b\n");
    node.stage(r -> shallow(r, id));
    assertThat(node.mounts.all()).hasSize(2);
  }

  @Test
  void stage_snapshotDoesNotAnswer_isUnavailableAndLeavesNothing() {
    String id = reserve("pvc-shallow", snapshot());
    host.hang("ls");

    assertThatThrownBy(() -> node.stage(r -> shallow(r, id)))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("volume " + id + " shows a snapshot that does not answer")
        .hasMessageContaining("ceph fs status");

    assertThat(node.mounts.all()).isEmpty();
  }

  @Test
  void stage_snapshotForWriting_isRefused() {
    String id = reserve("pvc-shallow", snapshot());

    assertThatThrownBy(() ->
            node.stage(r ->
                r.setVolumeId(id)
                    .putVolumeContext("subvolumePath", "/volumes/csi/csi-vol-parent/")))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("ReadOnlyMany");
    assertThat(node.mounts.all()).isEmpty();
  }

  /** C7, C8. */
  @ParameterizedTest
  @ValueSource(strings = {"", "cephfs"})
  void stage_staticVolume_mountsTheDirectoryAsTheUser(String fileSystem) {
    node.stage(r ->
        r.setVolumeId("my-static-volume")
            .clearVolumeContext()
            .putVolumeContext("staticVolume", "true")
            .putVolumeContext("clusterID", "one")
            .putVolumeContext("rootPath", "/data/a")
            .putVolumeContext("fsName", fileSystem)
            .putSecrets("userID", "app")
            .putSecrets("userKey", "YXBw"));

    assertThat(mountCommand()).contains("10.0.0.1:6789:/data/a ").contains("name=app,");
    assertThat(mountCommand().contains("mds_namespace=")).isEqualTo(!fileSystem.isEmpty());
    assertThat(host.keys).containsExactly("YXBw");
  }

  /** A static volume in either style, for readers. */
  private static Consumer<NodeStageVolumeRequest.Builder> staticReader(String style) {
    return r ->
        r.setVolumeId("my-static-volume")
            .clearVolumeContext()
            .putVolumeContext("clusterID", "one")
            .putVolumeContext(style, style.equals("monitors") ? "10.9.9.9" : "true")
            .putVolumeContext("provisionVolume", "false")
            .putVolumeContext("rootPath", "/data/a")
            .setVolumeCapability(Node.capability(AccessMode.Mode.MULTI_NODE_READER_ONLY));
  }

  /** Else pods would see the directory as it changes. */
  @ParameterizedTest
  @ValueSource(strings = {"staticVolume", "monitors"})
  void stage_killedBetweenTheTwoMountsOfAStaticVolume_isDoneAnew(String style) {
    host.contents.put(".snap", "_daily_1\nweekly_2\n");
    Consumer<NodeStageVolumeRequest.Builder> request =
        staticReader(style).andThen(r -> r.putVolumeContext("backingSnapshotID", "weekly"));
    node.stage(request);
    var _ = host.run(List.of("umount", node.staging.toString()), new byte[0], Duration.ZERO);

    node.stage(request);

    assertThat(node.mounts.at(node.staging).orElseThrow().root()).isEqualTo("/.snap/weekly_2");
    assertThat(node.mounts.all()).hasSize(2);
    node.stage(request);
    assertThat(node.mounts.all()).hasSize(2);
  }

  /** W17. */
  @ParameterizedTest
  @ValueSource(strings = {"staticVolume", "monitors"})
  void stage_staticVolumeOfASnapshot_showsTheOneThatMatches(String style) {
    host.contents.put(".snap", "_daily_1\nweekly_2\n");
    Consumer<NodeStageVolumeRequest.Builder> request = staticReader(style);

    node.stage(
        r -> request.andThen(b -> b.putVolumeContext("backingSnapshotID", "weekly")).accept(r));
    assertThat(node.mounts.at(node.staging).orElseThrow().root()).isEqualTo("/.snap/weekly_2");

    var _ =
        node.unstage.answer(
            NodeUnstageVolumeRequest.newBuilder()
                .setVolumeId("my-static-volume")
                .setStagingTargetPath(node.staging.toString())
                .build());
    for (String part : List.of("hourly", "ly_")) {
      assertThatThrownBy(() ->
              node.stage(r ->
                  request.andThen(b -> b.putVolumeContext("backingSnapshotID", part)).accept(r)))
          .isInstanceOf(CsiException.InvalidArgument.class)
          .hasMessageContaining(part);
    }
    assertThat(node.mounts.all()).isEmpty();
  }

  @Test
  void stage_oldStaticStyle_takesTheMonitorsOfTheSecretFirst() {
    node.stage(r ->
        r.setVolumeId("old")
            .clearVolumeContext()
            .putVolumeContext("monitors", "10.9.9.9:6789")
            .putVolumeContext("provisionVolume", "true")
            .putSecrets("monitors", "10.8.8.8:6789"));

    assertThat(mountCommand()).contains(" 10.8.8.8:6789:/csi-volumes/old ");
  }

  static Stream<Arguments> badStages() {
    return Stream.of(
        bad("volume_id", r -> r.clearVolumeId()),
        bad("staging_target_path", r -> r.clearStagingTargetPath()),
        bad("staging_target_path", r -> r.setStagingTargetPath("relative")),
        bad("is no directory", r -> r.setStagingTargetPath("/no/such/folder")),
        bad("volume_capability", r -> r.clearVolumeCapability()),
        bad(
            "no block volumes",
            r ->
                r.setVolumeCapability(
                    Node.capability(AccessMode.Mode.SINGLE_NODE_WRITER)
                        .setBlock(BlockVolume.getDefaultInstance()))),
        bad(
            "access mode",
            r ->
                r.setVolumeCapability(
                    VolumeCapability.newBuilder().setMount(MountVolume.getDefaultInstance()))),
        bad("adminID", r -> r.clearSecrets()),
        bad("adminID", r -> r.clearSecrets().putSecrets("adminID", "admin")),
        bad("mounter nfs is unknown", r -> r.putVolumeContext("mounter", "nfs")),
        bad(
            "rootPath is missing",
            r -> r.putVolumeContext("staticVolume", "true").putVolumeContext("clusterID", "one")),
        bad(
            "provisionVolume is missing",
            r -> r.setVolumeId("x").putVolumeContext("monitors", "10.0.0.1")));
  }

  private static Arguments bad(String words, Consumer<NodeStageVolumeRequest.Builder> change) {
    return Arguments.of(words, change);
  }

  @ParameterizedTest
  @MethodSource("badStages")
  void stage_badInput_isRefused(String words, Consumer<NodeStageVolumeRequest.Builder> change) {
    assertThatThrownBy(() -> node.stage(change))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining(words);
    assertThat(node.mounts.all()).isEmpty();
  }

  @Test
  void stage_idOfNobody_isNotFound() {
    assertThatThrownBy(() -> node.stage(r -> r.setVolumeId("nobody")))
        .isInstanceOf(CsiException.NotFound.class);
    assertThatThrownBy(() -> node.stage(r -> r.removeVolumeContext("subvolumePath")))
        .isInstanceOf(CsiException.NotFound.class);
  }

  @Test
  void stage_encrypted_isNotShownAsItIs() {
    assertEncryptedIsRefused(r -> r.putVolumeContext("encrypted", "true"), Node.ID);
  }

  private void assertEncryptedIsRefused(
      Consumer<NodeStageVolumeRequest.Builder> change, String id) {
    assertThatThrownBy(() -> node.stage(change))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("volume " + id + " is encrypted")
        .hasMessageEndingWith("let ceph-csi stage it");
    assertThat(node.mounts.all()).isEmpty();
  }

  /** Where the class, changed since, does not say it, and the journal is read anyway. */
  @Test
  void stage_encryptedAsTheJournalSays_isNotShownAsItIs() {
    String snapshot = snapshot();
    String id = reserve("pvc-shallow", snapshot);
    host.contents.put(".snap/" + snapshotName, "9f1d2c3b\n");
    encrypt("csi.snap.", snapshot);
    assertEncryptedIsRefused(r -> shallow(r, id), id);

    String own = reserve("pvc-2", "");
    encrypt("csi.volume.", own);
    assertEncryptedIsRefused(r -> r.setVolumeId(own).removeVolumeContext("subvolumePath"), own);
  }

  private void encrypt(String kind, String id) {
    try (var pool = node.cluster.pool("cephfs_metadata", "csi")) {
      var kms = Map.of("csi.volume.encryptKMS", "vault");
      assertThat(pool.update(kind + id.substring(id.length() - 36), kms)).isTrue();
    }
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        Arguments.of(
            "mount error 2 = No such file or directory",
            CsiException.NotFound.class,
            "ceph fs subvolume ls"),
        Arguments.of(
            "mount error 13 = Permission denied",
            CsiException.PermissionDenied.class,
            "ceph fs authorize"),
        Arguments.of(
            "mount error 22 = Invalid argument",
            CsiException.FailedPrecondition.class,
            "recover_session=clean"),
        Arguments.of(
            "mount error: no mds server is up or the cluster is laggy",
            CsiException.Unavailable.class,
            "ceph fs status"));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void stage_mountRefuses_saysWhatItMeans(
      String said, Class<? extends CsiException> kind, String remedy) {
    host.fail("mount -t ceph", said);

    assertThatThrownBy(() -> node.stage(_ -> {}))
        .isInstanceOf(kind)
        .hasMessageContaining(said)
        .hasMessageContaining(remedy);
    assertThat(node.mounts.all()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"kernel", "fuse"})
  void stage_twice_isOnce(String mounter) {
    node.stage(request -> request.putVolumeContext("mounter", mounter));
    node.stage(request -> request.putVolumeContext("mounter", mounter));

    assertThat(node.mounts.all()).hasSize(1);
  }

  @Test
  void stage_inTheOtherMode_isRefused() {
    node.stage(_ -> {});

    assertThatThrownBy(() ->
            node.stage(r ->
                r.setVolumeCapability(Node.capability(AccessMode.Mode.MULTI_NODE_READER_ONLY))))
        .isInstanceOf(CsiException.AlreadyExists.class);
  }

  /** An option of config.json counts for the first call, and so for the repeated one. */
  @ParameterizedTest
  @ValueSource(strings = {"kernel", "fuse"})
  void stage_readOnlyByConfigJson_canBeRepeated(String mounter) throws Exception {
    Files.writeString(
        node.config,
        "[{\"clusterID\":\"one\",\"monitors\":[\"10.0.0.1:6789\"],\"cephFS\":{\"%sMountOptions\":\"ro\"}}]"
            .formatted(mounter));
    Consumer<NodeStageVolumeRequest.Builder> by = r -> r.putVolumeContext("mounter", mounter);
    node.stage(by);

    node.stage(by);

    assertThat(node.mounts.at(node.staging).orElseThrow().readOnly()).isTrue();
    assertThat(node.mounts.all()).hasSize(1);
  }

  @Test
  void stage_overSomethingElse_isRefused() {
    host.mountOther(node.staging);

    assertThatThrownBy(() -> node.stage(_ -> {}))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("/dev/sda1");
    assertThatThrownBy(() -> node.unstage()).isInstanceOf(CsiException.FailedPrecondition.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"kernel", "fuse"})
  void stage_overAnotherVolume_isRefused(String mounter) {
    Consumer<NodeStageVolumeRequest.Builder> by = r -> r.putVolumeContext("mounter", mounter);
    node.stage(by);

    assertIsAnother(by.andThen(r -> r.putVolumeContext("subvolumePath", "/volumes/csi/b")));
    node.stage(by);
  }

  private void assertIsAnother(Consumer<NodeStageVolumeRequest.Builder> request) {
    assertThatThrownBy(() -> node.stage(request))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("is mounted at " + node.staging + ", which is not volume ");
    assertThat(node.mounts.all()).hasSize(1);
  }

  /** By its rootPath, in either style. */
  @ParameterizedTest
  @CsvSource({"kernel,staticVolume", "kernel,monitors", "fuse,staticVolume", "fuse,monitors"})
  void stage_staticVolumeOverAnother_isRefused(String mounter, String style) {
    Consumer<NodeStageVolumeRequest.Builder> volume =
        r ->
            r.setVolumeId("my-static-volume")
                .clearVolumeContext()
                .putVolumeContext("clusterID", "one")
                .putVolumeContext("mounter", mounter)
                .putVolumeContext(style, style.equals("monitors") ? "10.9.9.9" : "true")
                .putVolumeContext("provisionVolume", "false")
                .putVolumeContext("rootPath", "/data/a")
                .putSecrets("userID", "app")
                .putSecrets("userKey", "YXBw");
    node.stage(volume);

    assertIsAnother(volume.andThen(r -> r.putVolumeContext("rootPath", "/data/b")));
    node.stage(volume.andThen(r -> r.putVolumeContext("rootPath", "/data/a/")));
    assertThat(node.mounts.all()).hasSize(1);
  }

  /** In a process namespace of its own, say. */
  @Test
  void stage_processOfFuseCannotBeSeen_isTakenForTheVolume() {
    node.stage(NodeTest::byFuse);
    host.processes().forEach(host::hide);

    node.stage(NodeTest::byFuse);

    assertThat(node.mounts.all()).hasSize(1);
  }

  @Test
  void stage_whatAKilledDriverLeftMounting_isEndedFirst() {
    long left = host.leave("mount.ceph", "10.0.0.1:/x", node.staging.toString());
    long other = host.leave("mount.ceph", "10.0.0.1:/x", "/another/path");

    node.stage(_ -> {});

    assertThat(host.processes()).contains(other).doesNotContain(left);
  }

  /** C15, W24: at staging. */
  @ParameterizedTest
  @ValueSource(strings = {"kernel", "fuse"})
  void stage_clientGone_isMountedAgain(String mounter) {
    node.stage(request -> request.putVolumeContext("mounter", mounter));
    host.die(node.staging);

    node.stage(request -> request.putVolumeContext("mounter", mounter));

    assertThat(node.mounts.all()).hasSize(1);
    assertThat(host.commands).contains("umount --lazy " + node.staging);
    assertThat(host.keys).hasSize(2);
  }

  @Test
  void stage_mountDoesNotAnswer_isUnavailable() {
    node.stage(_ -> {});
    host.hang("getfattr");

    assertThatThrownBy(() -> node.stage(_ -> {}))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("ceph fs status");
    assertThat(node.mounts.all()).hasSize(1);
  }

  /** C16, C24. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void publish_showsTheVolume(boolean readOnly) {
    node.stage(_ -> {});

    node.publish(r -> r.setReadonly(readOnly));
    node.publish(r -> r.setReadonly(readOnly));

    Mount mount = node.mounts.at(node.target).orElseThrow();
    assertThat(mount.readOnly()).isEqualTo(readOnly);
    assertThat(node.mounts.all()).hasSize(2);
    assertThatThrownBy(() -> node.publish(r -> r.setReadonly(!readOnly)))
        .isInstanceOf(CsiException.AlreadyExists.class);
    node.unpublish();
    node.unpublish();
    assertThat(node.target).doesNotExist();
  }

  /** C6. */
  @Test
  void publish_singleWriter_isRefusedAtASecondPath() {
    var single = Node.capability(AccessMode.Mode.SINGLE_NODE_SINGLE_WRITER);
    node.stage(r -> r.setVolumeCapability(single));
    node.publish(r -> r.setVolumeCapability(single));

    assertThatThrownBy(() ->
            node.publish(
                r -> r.setVolumeCapability(single).setTargetPath(directory.resolve("b") + "")))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("single writer");
  }

  @Test
  void publish_notStaged_isRefused() {
    assertThatThrownBy(() -> node.publish(_ -> {}))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("volume " + Node.ID + " is not staged")
        .hasMessageContaining("node-publish-secret");
    assertThatThrownBy(() ->
            node.publish(
                r -> r.putAllSecrets(Node.SECRETS).setStagingTargetPath(directory + "/none")))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("is not staged, nothing is mounted at " + directory + "/none");
    assertThat(node.mounts.all()).isEmpty();
    assertThatThrownBy(() -> node.publish(r -> r.clearStagingTargetPath()))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("staging_target_path is missing")
        .hasMessageContaining("must stage the volume before");
    assertThatThrownBy(() -> node.publish(r -> r.clearTargetPath()))
        .isInstanceOf(CsiException.InvalidArgument.class);
    assertThatThrownBy(() -> node.publish(r -> r.clearVolumeCapability()))
        .isInstanceOf(CsiException.InvalidArgument.class);
    assertThatThrownBy(() -> node.publish(r -> r.clearVolumeId()))
        .isInstanceOf(CsiException.InvalidArgument.class);
  }

  /** C15, W23: kubelet does not stage again for the next pod, and brings no secrets. */
  @ParameterizedTest
  @ValueSource(strings = {"kernel", "fuse"})
  void publish_clientGone_isMountedAgainAsTheSameUser(String mounter) {
    node.stage(r -> r.putVolumeContext("mounter", mounter));
    node.publish(r -> r.putVolumeContext("mounter", mounter));
    host.die(node.staging);

    node.publish(r -> r.putVolumeContext("mounter", mounter));

    Mount staged = node.mounts.at(node.staging).orElseThrow();
    assertThat(node.mounts.at(node.target).orElseThrow().showsSame(staged)).isTrue();
    assertThat(node.mounts.all()).hasSize(2);
    assertThat(host.keys).containsExactly(Node.KEY, Node.KEY);
  }

  /** The dead client's mount is taken away first, and then the monitors may not answer. */
  @ParameterizedTest
  @ValueSource(strings = {"kernel", "fuse"})
  void publish_mountedAgainInVain_canBeRepeated(String mounter) {
    node.stage(r -> r.putVolumeContext("mounter", mounter));
    host.die(node.staging);
    host.fail(mounter.equals("kernel") ? "mount -t ceph" : "setsid ceph-fuse", "no mds is up");
    assertThatThrownBy(() -> node.publish(r -> r.putVolumeContext("mounter", mounter)))
        .isInstanceOf(CsiException.Unavailable.class);
    assertThat(node.mounts.all()).isEmpty();
    host.mend();

    node.publish(r -> r.putVolumeContext("mounter", mounter));

    Mount staged = node.mounts.at(node.staging).orElseThrow();
    assertThat(node.mounts.at(node.target).orElseThrow().showsSame(staged)).isTrue();
    assertThat(node.mounts.all()).hasSize(2);
  }

  /** Else the pod would get the parent's directory, as it changes. */
  @Test
  void publish_killedBetweenTheTwoMountsOfASnapshot_mountsItAnew() {
    String id = reserve("pvc-shallow", snapshot());
    host.contents.put(".snap/" + snapshotName, "9f1d2c3b\n");
    node.stage(r -> shallow(r, id));
    var _ = host.run(List.of("umount", node.staging.toString()), new byte[0], Duration.ZERO);

    node.publish(r ->
        r.setVolumeId(id)
            .putVolumeContext("subvolumePath", "/volumes/csi/csi-vol-parent/")
            .setVolumeCapability(Node.capability(AccessMode.Mode.MULTI_NODE_READER_ONLY)));

    assertThat(node.mounts.at(node.target).orElseThrow().root()).endsWith("/9f1d2c3b");
    assertThat(node.mounts.at(node.target).orElseThrow().readOnly()).isTrue();
  }

  @Test
  void publish_encryptedWhoseClientIsGone_isNotShownAsItIs() {
    node.stage(_ -> {});
    host.die(node.staging);

    assertThatThrownBy(() -> node.publish(r -> r.putVolumeContext("encrypted", "true")))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("is encrypted");

    assertThat(node.mounts.at(node.target)).isEmpty();
  }

  @Test
  void publish_clientGoneAndDriverNew_wantsAUser() throws Exception {
    node.stage(NodeTest::byFuse);
    host.die(node.staging);
    node.close();
    node = new Node(directory, host, Node.SETTINGS);

    assertThatThrownBy(() -> node.publish(_ -> {}))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("node-publish-secret");

    node.publish(r -> r.putAllSecrets(Node.SECRETS).putVolumeContext("mounter", "fuse"));
    assertThat(node.mounts.at(node.target)).isPresent();
  }

  /** The record is ceph-csi's, whose secrets are used once more and then gone. */
  @Test
  void publish_clientGoneAndRecordOfCephCsi_dropsItsSecrets() throws Exception {
    node.stage(NodeTest::byFuse);
    host.die(node.staging);
    Path record = node.records.resolve("nodestage-" + Node.ID + ".json");
    Files.writeString(
        record,
        "{\"VolumeCapabilityProtoJSON\":\"{\\\"mount\\\":{},\\\"accessMode\\\":{\\\"mode\\\":\\\"MULTI_NODE_MULTI_WRITER\\\"}}\","
            + "\"Secrets\":{\"adminID\":\"admin\",\"adminKey\":\""
            + Node.KEY
            + "\"}}");
    node.close();
    node = new Node(directory, host, Node.SETTINGS);

    node.publish(r -> r.putVolumeContext("mounter", "fuse"));

    assertThat(host.keys).hasSize(2);
    assertThat(record)
        .hasContent(
            "{\"VolumeCapabilityProtoJSON\":\"{\\\"mount\\\":{},\\\"accessMode\\\":{\\\"mode\\\":\\\"MULTI_NODE_MULTI_WRITER\\\"}}\","
                + "\"Secrets\":{}}");
  }

  @Test
  void record_isOfFuseAlone_andGoneAfterUnstaging() {
    Path record = node.records.resolve("nodestage-" + Node.ID + ".json");
    node.stage(_ -> {});
    assertThat(record).doesNotExist();
    node.unstage();

    node.stage(NodeTest::byFuse);
    assertThat(record).exists();
    node.unstage();
    assertThat(record).doesNotExist();
    assertThat(host.processes()).isEmpty();
  }

  /** W22: what was written to the node's own disk is left alone. */
  @Test
  void unpublish_dataBelow_isNeverDeleted() throws Exception {
    Path data = Files.writeString(Files.createDirectories(node.target).resolve("data"), "x");

    assertThatThrownBy(() -> node.unpublish()).isInstanceOf(CsiException.FailedPrecondition.class);

    assertThat(data).hasContent("x");
  }

  /** C20, and a target that is a dead mount. */
  @Test
  void unpublishAndUnstage_whateverIsThere_endWithNothing() {
    node.unstage();
    node.stage(NodeTest::byFuse);
    node.publish(r -> r.putVolumeContext("mounter", "fuse"));
    host.die(node.staging);

    node.unpublish();
    node.unstage();
    node.unstage();

    assertThat(node.mounts.all()).isEmpty();
    assertThatThrownBy(() -> node.unstage.answer(NodeUnstageVolumeRequest.getDefaultInstance()))
        .isInstanceOf(CsiException.InvalidArgument.class);
    assertThatThrownBy(() ->
            node.unpublish.answer(NodeUnpublishVolumeRequest.newBuilder().setVolumeId("x").build()))
        .isInstanceOf(CsiException.InvalidArgument.class);
  }

  @Test
  void stats_tellBytesAndInodesInUse() {
    node.stage(_ -> {});

    List<VolumeUsage> usage = node.stats.answer(statsRequest(node.staging)).getUsageList();

    assertThat(usage).hasSize(2);
    assertThat(usage.getFirst().getTotal()).isEqualTo(1L << 30);
    assertThat(usage.getFirst().getUsed()).isEqualTo(56L << 22);
    assertThat(usage.getLast().getUnit()).isEqualTo(VolumeUsage.Unit.INODES);
    assertThat(usage.getLast().getUsed()).isEqualTo(7);
  }

  @Test
  void stats_withoutAnAnswer_areUnavailable() {
    node.stage(_ -> {});
    host.hang("getfattr");
    assertThat(node.stats.answer(statsRequest(node.staging)).getUsageList()).hasSize(1);

    host.hang("stat -f");
    assertThatThrownBy(() -> node.stats.answer(statsRequest(node.staging)))
        .isInstanceOf(CsiException.Unavailable.class);
  }

  @Test
  void stats_notMountedOrNoPath_areRefused() {
    assertThatThrownBy(() -> node.stats.answer(statsRequest(node.staging)))
        .isInstanceOf(CsiException.NotFound.class);
    assertThatThrownBy(() ->
            node.stats.answer(NodeGetVolumeStatsRequest.newBuilder().setVolumeId("x").build()))
        .isInstanceOf(CsiException.InvalidArgument.class);
  }

  private static NodeGetVolumeStatsRequest statsRequest(Path path) {
    return NodeGetVolumeStatsRequest.newBuilder()
        .setVolumeId(Node.ID)
        .setVolumePath(path.toString())
        .build();
  }
}
