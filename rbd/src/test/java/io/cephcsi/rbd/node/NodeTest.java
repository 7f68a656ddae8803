package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.CapacityRange;
import csi.v1.NodeExpandVolumeRequest;
import csi.v1.NodeGetVolumeStatsRequest;
import csi.v1.NodePublishVolumeRequest;
import csi.v1.NodeStageVolumeRequest;
import csi.v1.NodeUnpublishVolumeRequest;
import csi.v1.NodeUnstageVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.BlockVolume;
import csi.v1.VolumeCapability.MountVolume;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryClusters;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.ClusterMappings;
import io.cephcsi.cluster.CrushLocation;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.NodeFailures;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Filesystems;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.csi.host.NodeUnpublishVolume;
import io.cephcsi.csi.host.Publication;
import io.cephcsi.journal.Reservation;
import io.cephcsi.journal.Stores;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.journal.VolumeRequest;
import io.cephcsi.rbd.Pools;
import io.cephcsi.rbd.Volumes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeTest {
  private static final Map<String, String> SECRETS = Map.of("userID", "csi", "userKey", "c2Vj");
  private static final long GIB = 1L << 30;

  @TempDir Path directory;
  private final MemoryCluster cluster = new MemoryCluster("rbd");
  private final MemoryClusters clusters = new MemoryClusters().add("mon", cluster);
  private MemoryNode node;
  private MemoryMapper mapper;
  private MemoryMapper other;
  private Mounts mounts;
  private NodeStageVolume stage;
  private NodeUnstageVolume unstage;
  private NodePublishVolume publish;
  private NodeUnpublishVolume unpublish;
  private NodeExpandVolume expand;
  private NodeGetVolumeStats stats;
  private Path config;
  private Path staging;
  private String id;
  private String image;

  @BeforeEach
  void start() throws Exception {
    node = new MemoryNode(directory);
    mapper = new MemoryMapper(cluster, node, directory);
    other = new MemoryMapper(cluster, node, Files.createDirectory(directory.resolve("other")));
    other.name = "userspace";
    other.trouble = "qemu-storage-daemon is not installed";
    config = directory.resolve("config.json");
    configure("\"rbd\":{}");
    var journal = new VolumeJournal("default", UUID::randomUUID);
    var volumes =
        new Volumes(
            new Pools(
                new ClusterConfigs(config),
                ClusterMappings.ofPools(directory.resolve("cluster-mapping.json")),
                clusters),
            journal);
    mounts = node.mounts();
    var filesystems = new Filesystems(node);
    var names = new NameLocks();
    var users = new KnownUsers(directory.resolve("keyring"));
    var devices = new Devices(List.of(mapper, other), new BlockDevices(node.sysfs()));
    var fence = new NodeFence(false, "n", devices, volumes, users, _ -> Optional.empty());
    stage =
        new NodeStageVolume(
            volumes,
            devices,
            new StagedFilesystem(filesystems, mounts),
            new StagedBlockDevice(mounts),
            mounts,
            names,
            users,
            fence,
            new NodeSettings(
                "n",
                "ext4",
                "rbd",
                Map.of(),
                false,
                new CrushLocation(false, List.of("zone"), () -> Map.of("zone", "z.1"))));
    var revival = new Revival(volumes, StagedUsers.known(users), fence);
    unstage = new NodeUnstageVolume(devices, revival, mounts, fence, names);
    publish = new NodePublishVolume(new Publication(mounts), names);
    unpublish = new NodeUnpublishVolume(mounts, names);
    expand = new NodeExpandVolume(volumes, devices, filesystems, mounts, names, users);
    stats = new NodeGetVolumeStats(devices, mounts, filesystems);
    staging = Files.createDirectory(directory.resolve("staging"));
    makeVolume(journal);
  }

  private void makeVolume(VolumeJournal journal) {
    try (MemoryPool pool = cluster.pool("rbd")) {
      var request = new VolumeRequest("pvc-1", "csi-vol-", "", "");
      Reservation made = journal.reserve(Stores.of(pool), request);
      image = made.entry().imageName();
      pool.createImage(image, GIB, ImageOptions.DEFAULT);
      id = "0001-0003-one-%016x-%s".formatted(pool.id(), made.entry().uuid());
    }
  }

  @AfterEach
  void stop() {
    clusters.checkNothingOpen();
  }

  @Test
  void stage_newVolume_mapsMakesAndMounts() {
    stage(r -> {});

    assertThat(node.commands)
        .anyMatch(
            c -> c.startsWith("mkfs.ext4 -m0 -Enodiscard,lazy_itable_init=1,lazy_journal_init=1"))
        .anyMatch(c -> c.startsWith("mount -t ext4 -o _netdev,defaults"));
    assertThat(mounts.at(staging.resolve(id))).isPresent();
  }

  @Test
  void stage_writesCephCsisStash() {
    stage(r -> {});

    assertThat(staging.resolve("image-meta.json"))
        .hasContent(
            "{\"Version\":3,\"pool\":\"rbd\",\"radosNamespace\":\"\",\"image\":\""
                + image
                + "\",\"unmapOptions\":\"\",\"accessType\":false,\"encrypted\":false,"
                + "\"device\":\"\",\"logDir\":\"\",\"logFileStrategy\":\"\"}");
  }

  @Test
  void stage_twice_isOnce() {
    stage(r -> {});
    node.commands.clear();

    stage(r -> {});

    assertThat(node.commands).isEmpty();
    assertThat(mapper.devices()).hasSize(1);
  }

  /** Of a restore into a larger volume, say: nobody else would grow it, its claim is satisfied. */
  @Test
  void stage_afterCrashBehindTheMount_growsTheFilesystem() throws Exception {
    stage(r -> {});
    ByteBuffer xfs = ByteBuffer.allocate(4096).put("XFSB".getBytes(StandardCharsets.US_ASCII));
    Files.write(directory.resolve("rbd0"), xfs.putInt(4096).putLong(100).array());
    node.commands.clear();

    stage(r -> {});

    assertThat(node.commands).containsExactly("resize2fs " + directory.resolve("rbd0"));
  }

  @Test
  void stage_filesystemThere_isCheckedAndNotMadeAgain() {
    stage(r -> {});
    unstage();
    Path next = directory.resolve("rbd1");
    node.contents.put(next.toString(), "ext4");
    node.commands.clear();

    stage(r -> {});

    assertThat(node.commands)
        .noneMatch(c -> c.startsWith("mkfs"))
        .anyMatch(c -> c.startsWith("fsck -a"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"xfs", "LVM2_member", "crypto_LUKS"})
  void stage_somethingElseOnTheDevice_isLeftAlone(String content) {
    node.contents.put(directory.resolve("rbd0").toString(), content);

    assertThatThrownBy(() -> stage(r -> {}))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining(content);

    assertThat(node.commands).noneMatch(c -> c.startsWith("mkfs"));
    assertNothingStaged();
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", "1", "T"})
  void stage_encryptedVolume_isNotMadePlain(String encrypted) {
    assertThatThrownBy(() -> stage(r -> r.putVolumeContext("encrypted", encrypted)))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("encrypted");

    assertNothingStaged();
  }

  @Test
  void unstage_stagedEncryptedByCephCsi_isRefusedUntouched() throws Exception {
    String stash =
        "{\"Version\":3,\"pool\":\"rbd\",\"image\":\"%s\",\"encrypted\":true}".formatted(image);
    Path file = Files.writeString(staging.resolve("image-meta.json"), stash);

    assertThatThrownBy(this::unstage)
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("cryptsetup close luks-rbd-" + id);

    assertThat(file).hasContent(stash);
  }

  @Test
  void stage_usedElsewhere_isRefusedWithTheAddress() {
    watch("10.0.0.9:0/77");

    assertThatThrownBy(() -> stage(r -> {}))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("10.0.0.9:0/77");

    assertThat(mapper.devices()).isEmpty();
  }

  @Test
  void stage_mirroredAndWatchedWithoutACount_isRefused() {
    mirror();
    watch("10.0.0.9:0/77");

    assertThatThrownBy(() -> stage(r -> {}))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("10.0.0.9:0/77");
  }

  @Test
  void stage_notMirroredWithACount_isRefused() throws Exception {
    configure("\"rbd\":{\"mirrorDaemonCount\":1}");
    watch("10.0.0.9:0/77");

    assertThatThrownBy(() -> stage(r -> {})).isInstanceOf(CsiException.FailedPrecondition.class);
  }

  @Test
  void stage_watchedByTheMirrorDaemonAlone_isNotInUse() throws Exception {
    configure("\"rbd\":{\"mirrorDaemonCount\":1}");
    mirror();
    watch("10.0.0.9:0/77");

    stage(r -> {});

    assertThat(mapper.devices()).hasSize(1);
  }

  @Test
  void stage_mirroredAndWatchedByMoreThanTheMirrorDaemon_isRefused() throws Exception {
    configure("\"rbd\":{\"mirrorDaemonCount\":1}");
    mirror();
    watch("10.0.0.9:0/77");
    watch("10.0.0.9:0/78");

    assertThatThrownBy(() -> stage(r -> {}))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("10.0.0.9:0/78");
  }

  @Test
  void stage_readAffinity_isAnOptionOfTheMapping() throws Exception {
    configure("\"readAffinity\":{\"enabled\":true}");

    stage(r -> r.putVolumeContext("mapOptions", "queue_depth=64"));

    assertThat(mapper.options)
        .containsExactly("queue_depth=64,read_from_replica=localize,crush_location=zone:z-1");
  }

  @Test
  void stage_readAffinity_classSaysOtherwise_classCounts() throws Exception {
    configure("\"readAffinity\":{\"enabled\":true}");

    stage(r -> r.putVolumeContext("mapOptions", "read_from_replica=balance"));

    assertThat(mapper.options).containsExactly("read_from_replica=balance,crush_location=zone:z-1");
  }

  @Test
  void stage_netNamespace_isThatOfConfigJson() throws Exception {
    configure("\"rbd\":{\"netNamespaceFilePath\":\"/var/lib/csi/net\"}");

    stage(r -> {});

    assertThat(mapper.netNamespaces).containsExactly("/var/lib/csi/net");
  }

  @Test
  void stage_usedElsewhereJustWhenMapped_isRefusedAndUnmapped() {
    mapper.whileMapping = () -> watch("10.0.0.9:0/77");

    assertThatThrownBy(() -> stage(r -> {}))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("10.0.0.9:0/77");

    assertNothingStaged();
  }

  @Test
  void stage_imageReplacedWhileItIsMapped_isNotTaken() {
    mapper.whileMapping =
        () -> {
          discard();
          try (MemoryPool pool = cluster.pool("rbd")) {
            pool.createImage(image, GIB, ImageOptions.DEFAULT);
          }
        };

    assertThatThrownBy(() -> stage(r -> {}))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining(image);

    assertNothingStaged();
    assertThat(node.commands).noneMatch(c -> c.startsWith("mkfs") || c.startsWith("mount"));
    mapper.whileMapping = () -> {};
    stage(r -> {});
    assertThat(mounts.at(staging.resolve(id))).isPresent();
  }

  @Test
  void stage_anotherImageOfThatNameIsMapped_isRefusedAndLeavesItAsItIs() {
    stage(r -> {});
    String imageId = mapper.devices().getFirst().imageId();
    discard();
    try (MemoryPool pool = cluster.pool("rbd")) {
      pool.createImage(image, GIB, ImageOptions.DEFAULT);
    }

    assertThatThrownBy(() -> stage(r -> {}))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("shows another image called rbd/" + image + " (id " + imageId)
        .hasMessageContaining("unmap it by hand");

    assertThat(mounts.at(staging.resolve(id))).isPresent();
    assertThat(mapper.devices()).singleElement().matches(d -> d.imageId().equals(imageId));
  }

  @Test
  void stage_aFileIsWhereTheMountPointGoes_isRefusedAndTheFileKept() throws Exception {
    Path file = Files.writeString(staging.resolve(id), "somebody's");

    assertThatThrownBy(() -> stage(r -> {}))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("mount point " + file + " cannot be made")
        .hasMessageContaining("FileAlreadyExistsException")
        .hasMessageContaining("see what lies there");

    assertThat(file).hasContent("somebody's");
    assertThat(staging.toFile().list()).containsExactly(id);
    assertThat(mapper.devices()).isEmpty();
    Files.delete(file);
    stage(r -> {});
    assertThat(mounts.at(staging.resolve(id))).isPresent();
  }

  @Test
  void stage_imageDiscardedWhileItIsMapped_isNotTaken() {
    mapper.afterMapping = this::discard;

    assertThatThrownBy(() -> stage(r -> {}))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining("now it is none");

    assertNothingStaged();
    assertThatThrownBy(() -> stage(r -> {})).isInstanceOf(CsiException.NotFound.class);
  }

  private void discard() {
    try (MemoryPool pool = cluster.pool("rbd")) {
      pool.trashMove(image, Duration.ZERO);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mkfs", "mount", "blkid"})
  void stage_toolFails_takesBackWhatItMade(String tool) {
    node.fail(tool);

    assertThatThrownBy(() -> NodeFailures.told(stage).answer(request().build()))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("told to fail");
    assertNothingStaged();

    node.fail("");
    stage(r -> {});
    assertThat(mounts.at(staging.resolve(id))).isPresent();
  }

  @Test
  void stage_afterCrashBehindTheMapping_mountsTheSameDevice() {
    stage(r -> {});
    mounts.unmount(staging.resolve(id));

    stage(r -> {});

    assertThat(mapper.devices()).hasSize(1);
    assertThat(mounts.at(staging.resolve(id))).isPresent();
  }

  /** The node was cut off while it was mapped there: its watch ended, and another one came. */
  @Test
  void stage_mappedBeforeAndUsedElsewhereSince_isRefusedAndNotMounted() {
    stage(r -> {});
    mounts.unmount(staging.resolve(id));
    unwatch(MemoryMapper.ADDRESS);
    watch("10.0.0.9:0/77");

    assertThatThrownBy(() -> stage(r -> {}))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("10.0.0.9:0/77");
    assertThat(mounts.at(staging.resolve(id))).isEmpty();

    unstage();
    assertNothingStaged();
  }

  @Test
  void stage_somethingElseMountedThere_isRefused() {
    node.add(staging.resolve(id).toString(), "8:1", "ext4", "/dev/sda1", "rw");

    assertThatThrownBy(() -> stage(r -> {}))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("/dev/sda1");
  }

  @Test
  void stage_otherModeThanStaged_isAlreadyExists() {
    stage(r -> {});

    assertThatThrownBy(() -> stage(r -> mode(r, AccessMode.Mode.SINGLE_NODE_READER_ONLY)))
        .isInstanceOf(CsiException.AlreadyExists.class);
  }

  @Test
  void stage_otherFilesystemThanStaged_isAlreadyExists() {
    stage(r -> {});

    assertThatThrownBy(
            () -> stage(r -> r.getVolumeCapabilityBuilder().getMountBuilder().setFsType("xfs")))
        .isInstanceOf(CsiException.AlreadyExists.class)
        .hasMessageContaining("staged as ext4");
  }

  @Test
  void stage_mapperCannot_isRefusedWithTheReason() {
    mapper.trouble = "its kernel lacks image features journaling";

    assertThatThrownBy(() -> stage(r -> {}))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("journaling")
        .hasMessageContaining("tryOtherMounters");
    assertNothingStaged();
  }

  @Test
  void stage_otherMounterAllowed_isTaken() {
    mapper.trouble = "its kernel has no rbd";
    other.trouble = "";

    stage(r -> r.putVolumeContext("tryOtherMounters", "true"));

    assertThat(mapper.devices()).isEmpty();
    assertThat(other.devices()).hasSize(1);
    unstage();
    assertThat(other.devices()).isEmpty();
    assertNothingStaged();
  }

  @Test
  void stage_otherMounterAllowed_isLeftWhereTheWishedOneWorks() {
    other.trouble = "";

    stage(r -> r.putVolumeContext("tryOtherMounters", "true"));

    assertThat(mapper.devices()).hasSize(1);
    assertThat(other.devices()).isEmpty();
  }

  @Test
  void stage_readOnlyAndEmpty_isRefused() {
    assertThatThrownBy(() -> stage(r -> mode(r, AccessMode.Mode.MULTI_NODE_READER_ONLY)))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("empty");
    assertNothingStaged();
  }

  @Test
  void stage_imageGone_isNotFound() {
    try (MemoryPool pool = cluster.pool("rbd")) {
      pool.removeImage(image);
    }

    assertThatThrownBy(() -> stage(r -> {})).isInstanceOf(CsiException.NotFound.class);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongRequests")
  void stage_wrongRequest_isRefused(String value, Consumer<NodeStageVolumeRequest.Builder> wrong) {
    assertThatThrownBy(() -> stage(wrong))
        .isInstanceOf(CsiException.class)
        .isNotInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining(value);
    assertNothingStaged();
  }

  static Stream<Arguments> wrongRequests() {
    return Stream.of(
        wrong("volume_id is missing", r -> r.setVolumeId("")),
        wrong("cannot be part of a path", r -> r.setVolumeId("../x")),
        wrong("does not exist", r -> r.setVolumeId("x")),
        wrong("staging_target_path is missing", r -> r.setStagingTargetPath("")),
        wrong("is relative", r -> r.setStagingTargetPath("a/b")),
        wrong("is no directory", r -> r.setStagingTargetPath("/nowhere/at/all")),
        wrong("volume_capability is missing", r -> r.clearVolumeCapability()),
        wrong(
            "filesystem ntfs",
            r -> r.getVolumeCapabilityBuilder().getMountBuilder().setFsType("ntfs")),
        wrong("MULTI_NODE_MULTI_WRITER", r -> mode(r, AccessMode.Mode.MULTI_NODE_MULTI_WRITER)),
        wrong("no access mode", r -> mode(r, AccessMode.Mode.UNKNOWN)),
        wrong("no secrets", r -> r.clearSecrets()),
        wrong("mounter floppy", r -> r.putVolumeContext("mounter", "floppy")));
  }

  private static Arguments wrong(String value, Consumer<NodeStageVolumeRequest.Builder> change) {
    return Arguments.of(value, change);
  }

  @Test
  void unstage_staged_leavesNothingAndCanBeRepeated() {
    stage(r -> {});

    unstage();
    unstage();

    assertNothingStaged();
  }

  @Test
  void unstage_somebodyWroteUnderneath_removesNothingOfIt() throws Exception {
    Files.createDirectory(staging.resolve(id));
    Files.writeString(staging.resolve(id).resolve("precious"), "data");

    assertThatThrownBy(this::unstage)
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("not empty");

    assertThat(staging.resolve(id).resolve("precious")).hasContent("data");
  }

  @Test
  void unstage_brokenStash_saysSo() throws Exception {
    Files.writeString(staging.resolve("image-meta.json"), "{");

    assertThatThrownBy(this::unstage)
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("image-meta.json is broken");
  }

  @Test
  void publish_staged_bindsAndCanBeRepeated() {
    stage(r -> {});
    Path target = directory.resolve("pods/a/mount");

    publish(target, false);
    publish(target, false);

    assertThat(mounts.at(target)).isPresent();
    assertThatThrownBy(() -> publish(target, true)).isInstanceOf(CsiException.AlreadyExists.class);
    unpublish(target);
    unpublish(target);
    assertThat(mounts.at(target)).isEmpty();
    assertThat(target).doesNotExist();
  }

  @Test
  void publish_readOnly_isReadOnly() {
    stage(r -> {});
    Path target = directory.resolve("target");

    publish(target, true);

    assertThat(mounts.at(target).orElseThrow().readOnly()).isTrue();
  }

  @Test
  void publish_singleWriterAtASecondPlace_isRefused() {
    stage(r -> {});
    var first = publishRequest(directory.resolve("a"), false);
    first
        .getVolumeCapabilityBuilder()
        .getAccessModeBuilder()
        .setMode(AccessMode.Mode.SINGLE_NODE_SINGLE_WRITER);
    publish.answer(first.build());

    var second = first.setTargetPath(directory.resolve("b").toString()).build();

    assertThatThrownBy(() -> publish.answer(second))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining(directory.resolve("a").toString());
  }

  @Test
  void publish_notStagedOrWrongTarget_isRefused() throws Exception {
    assertThatThrownBy(() -> publish(directory.resolve("a"), false))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("is not staged");
    stage(r -> {});
    var unstaged = publishRequest(directory.resolve("a"), false).clearStagingTargetPath().build();
    assertThatThrownBy(() -> publish.answer(unstaged))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("staging_target_path is missing")
        .hasMessageContaining("must stage the volume before");
    Path file = Files.writeString(directory.resolve("file"), "x");
    assertThatThrownBy(() -> publish(file, false))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("cannot be made a directory");
    assertThatThrownBy(() -> publish(Path.of("relative"), false))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("relative");
    Path other = directory.resolve("other");
    node.add(other.toString(), "8:1", "ext4", "/dev/sda1", "rw");
    assertThatThrownBy(() -> publish(other, false))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("/dev/sda1");
  }

  @Test
  void publish_readOnlyThatFails_leavesNoMountAndNoDirectory() {
    stage(r -> {});
    node.fail("mount --bind -o ro");
    Path target = directory.resolve("target");

    assertThatThrownBy(() -> publish(target, true)).isInstanceOf(CommandFailed.class);

    assertThat(mounts.at(target)).isEmpty();
    assertThat(target).doesNotExist();
  }

  @Test
  void publish_throughALink_isFoundAgain() throws Exception {
    stage(r -> {});
    Path pods = Files.createDirectory(directory.resolve("pods"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), pods);
    node.add(
        pods.resolve("a").toString(), mounts.all().getFirst().device(), "ext4", "/dev/rbd0", "rw");
    node.commands.clear();

    publish(link.resolve("a"), false);

    assertThat(node.commands).isEmpty();
  }

  @Test
  void unpublish_directoryNotEmpty_isKept() throws Exception {
    Path target = Files.createDirectory(directory.resolve("target"));
    Files.writeString(target.resolve("precious"), "data");

    assertThatThrownBy(() -> unpublish(target))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("not empty");

    assertThat(target.resolve("precious")).hasContent("data");
  }

  @Test
  void expand_staged_growsToTheImagesSize() {
    stage(r -> {});
    Path target = directory.resolve("target");
    publish(target, false);
    try (MemoryPool pool = cluster.pool("rbd");
        var open = pool.openImage(image)) {
      open.resize(4 * GIB);
    }

    var answer = expand.answer(expandRequest(target.toString()));

    assertThat(answer.getCapacityBytes()).isEqualTo(4 * GIB);
    assertThat(node.commands).anyMatch(c -> c.startsWith("resize2fs"));
  }

  /** The last user of the cluster may be one for another pool, and the call brings none. */
  @Test
  void expand_userOfAnotherPool_goesByTheRequest() {
    stage(r -> {});
    Path target = directory.resolve("target");
    publish(target, false);
    cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("get csi.volume")) {
            throw new CephException(Errno.EPERM, operation);
          }
        });

    var asked = expandRequest(target.toString()).toBuilder().clearSecrets().build();
    assertThat(expand.answer(asked).getCapacityBytes()).isPositive();
    assertThat(node.commands).anyMatch(c -> c.startsWith("resize2fs"));
  }

  @Test
  void expand_publishedReadOnly_growsThroughTheStagedMount() {
    stage(r -> r.getVolumeCapabilityBuilder().getMountBuilder().setFsType("xfs"));
    Path target = directory.resolve("target");
    publish(target, true);

    var _ = expand.answer(expandRequest(target.toString()));

    assertThat(node.commands).contains("xfs_growfs -d " + staging.resolve(id));
  }

  @Test
  void expand_notThere_isNotFound() {
    assertThatThrownBy(() -> expand.answer(expandRequest("/nowhere")))
        .isInstanceOf(CsiException.NotFound.class);
    assertThatThrownBy(() -> expand.answer(expandRequest("")))
        .isInstanceOf(CsiException.InvalidArgument.class);
  }

  @Test
  void stats_published_tellsBytesAndInodes() {
    stage(r -> {});
    Path target = directory.resolve("target");
    publish(target, false);

    var usage = stats.answer(statsRequest(target.toString())).getUsageList();

    assertThat(usage.get(0).getTotal()).isEqualTo(409_600);
    assertThat(usage.get(0).getUsed()).isEqualTo(245_760);
    assertThat(usage.get(0).getAvailable()).isEqualTo(122_880);
    assertThat(usage.get(1).getUsed()).isEqualTo(100);
  }

  @Test
  void stats_notMountedOrNoAnswer_isTold() {
    assertThatThrownBy(() -> stats.answer(statsRequest("some/path")))
        .isInstanceOf(CsiException.NotFound.class);
    assertThatThrownBy(() -> stats.answer(statsRequest("")))
        .isInstanceOf(CsiException.InvalidArgument.class);
    stage(r -> {});
    node.fail("stat");
    assertThatThrownBy(() -> stats.answer(statsRequest(staging.resolve(id).toString())))
        .isInstanceOf(CsiException.Unavailable.class);
  }

  @Test
  void block_stageToUnstage_isTheDeviceItself() {
    Path target = directory.resolve("pods/a/device");
    stage(r -> block(r, AccessMode.Mode.SINGLE_NODE_WRITER));
    stage(r -> block(r, AccessMode.Mode.SINGLE_NODE_WRITER));

    assertThat(node.commands).noneMatch(c -> c.startsWith("mkfs")).noneMatch(c -> c.contains("-t"));
    assertThat(staging.resolve(id)).isRegularFile();
    publishBlock(target, AccessMode.Mode.SINGLE_NODE_WRITER);
    publishBlock(target, AccessMode.Mode.SINGLE_NODE_WRITER);
    assertThat(mounts.at(target).orElseThrow().isDeviceNode()).isTrue();
    assertThat(target).isRegularFile();
    unpublish(target);
    unpublish(target);
    assertThat(target).doesNotExist();
    unstage();
    unstage();
    assertNothingStaged();
  }

  @Test
  void block_expandAndStats_tellTheDevicesSize() {
    stage(r -> block(r, AccessMode.Mode.SINGLE_NODE_WRITER));
    Path target = directory.resolve("device");
    publishBlock(target, AccessMode.Mode.SINGLE_NODE_WRITER);
    try (MemoryPool pool = cluster.pool("rbd");
        var open = pool.openImage(image)) {
      open.resize(4 * GIB);
    }

    var answer = expand.answer(expandRequest(target.toString()));

    assertThat(answer.getCapacityBytes()).isEqualTo(4 * GIB);
    assertThat(node.commands).noneMatch(c -> c.startsWith("resize2fs"));
    var usage = stats.answer(statsRequest(target.toString())).getUsageList();
    assertThat(usage).singleElement().matches(u -> u.getTotal() == 4 * GIB);
  }

  @Test
  void block_usedElsewhere_isStagedOnlyForModesOfManyNodes() {
    watch("10.0.0.9:0/77");

    assertThatThrownBy(() -> stage(r -> block(r, AccessMode.Mode.SINGLE_NODE_WRITER)))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("10.0.0.9:0/77");
    stage(r -> block(r, AccessMode.Mode.MULTI_NODE_MULTI_WRITER));

    assertThat(mapper.devices()).singleElement().matches(d -> !d.readOnly());
  }

  @Test
  void block_readerOnly_isMappedReadOnly() {
    stage(r -> block(r, AccessMode.Mode.MULTI_NODE_READER_ONLY));

    assertThat(mapper.devices()).singleElement().matches(MappedDevice::readOnly);
  }

  @Test
  void block_askedAsFilesystem_isRefused() {
    stage(r -> block(r, AccessMode.Mode.SINGLE_NODE_WRITER));

    assertThatThrownBy(() -> publish(directory.resolve("target"), false))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("is staged as block");
    assertThatThrownBy(() -> stage(r -> {}))
        .isInstanceOf(CsiException.AlreadyExists.class)
        .hasMessageContaining("staged as block");
    unstage();
    stage(r -> {});
    assertThatThrownBy(
            () -> publishBlock(directory.resolve("target"), AccessMode.Mode.SINGLE_NODE_WRITER))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("is staged as a filesystem");
  }

  @Test
  void block_mountFails_leavesNothing() {
    node.fail("mount --bind");

    assertThatThrownBy(() -> stage(r -> block(r, AccessMode.Mode.SINGLE_NODE_WRITER)))
        .isInstanceOf(CommandFailed.class);

    assertNothingStaged();
  }

  @Test
  void static_imageOfAnAdmin_isStagedByItsContext() {
    makeImage("by-hand");
    id = "by-hand";

    stage(r -> staticVolume(r));

    assertThat(mapper.devices()).singleElement().matches(d -> d.image().image().equals("by-hand"));
    unstage();
    assertNothingStaged();
  }

  @Test
  void static_handleWithClusterAndPool_isStagedWithoutContext() {
    makeImage("by-hand");
    id = "one/rbd/by-hand";

    stage(r -> {});

    assertThat(mounts.at(staging.resolve("one_rbd_by-hand"))).isPresent();
    unstage();
    assertNothingStaged();
  }

  @Test
  void static_ofTheInTreeDriver_isStagedByTheContextsImage() {
    makeImage("kubernetes-dynamic-pvc-7");
    id = "mig_mons-one_image-7_726264";

    stage(r ->
        staticVolume(r)
            .putVolumeContext("migration", "true")
            .putVolumeContext("imageName", "kubernetes-dynamic-pvc-7"));

    assertThat(mapper.devices())
        .singleElement()
        .matches(d -> d.image().image().equals("kubernetes-dynamic-pvc-7"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"clusterID", "pool"})
  void static_contextLacksAKey_isRefused(String key) {
    id = "by-hand";

    assertThatThrownBy(() -> stage(r -> staticVolume(r).removeVolumeContext(key)))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining(key + " is missing");
  }

  /** Two PersistentVolumes of one image, as for two namespaces. */
  @Test
  void unstage_imageStillStagedForAnotherVolume_keepsTheDevice() throws Exception {
    makeImage("by-hand");
    node.contents.put(directory.resolve("rbd0").toString(), "ext4");
    id = "first/rbd/by-hand";
    stage(r -> readOnly(staticVolume(r)));
    Path firstStaging = staging;
    staging = Files.createDirectory(directory.resolve("staging-2"));
    id = "second/rbd/by-hand";
    stage(r -> readOnly(staticVolume(r)));
    Path second = staging.resolve("second_rbd_by-hand");
    assertThat(mapper.devices()).hasSize(1);

    unstage("first/rbd/by-hand", firstStaging);

    assertThat(mapper.devices()).hasSize(1);
    assertThat(mounts.at(second)).isPresent();
    assertThat(firstStaging).isEmptyDirectory();
    unstage("first/rbd/by-hand", firstStaging);
    assertThat(mapper.devices()).hasSize(1);
    unstage();
    assertNothingStaged();
  }

  private static void readOnly(NodeStageVolumeRequest.Builder request) {
    mode(request, AccessMode.Mode.MULTI_NODE_READER_ONLY);
  }

  /** Else the volume would count as unstaged here while it is still written. */
  @Test
  void unstage_ownMountLeft_isNotTakenForAnotherVolume() throws Exception {
    stage(r -> {});
    publish(Files.createDirectories(directory.resolve("pod/mount")), false);

    unstage();

    assertThat(mapper.devices()).isEmpty(); // it was asked to unmap it, which a real one refuses
  }

  private void makeImage(String name) {
    try (MemoryPool pool = cluster.pool("rbd")) {
      pool.createImage(name, GIB, ImageOptions.DEFAULT);
    }
  }

  private static NodeStageVolumeRequest.Builder staticVolume(NodeStageVolumeRequest.Builder r) {
    return r.putVolumeContext("staticVolume", "true")
        .putVolumeContext("clusterID", "one")
        .putVolumeContext("pool", "rbd");
  }

  private static void block(NodeStageVolumeRequest.Builder request, AccessMode.Mode mode) {
    request.getVolumeCapabilityBuilder().setBlock(BlockVolume.getDefaultInstance());
    mode(request, mode);
  }

  private void publishBlock(Path target, AccessMode.Mode mode) {
    var request = publishRequest(target, false);
    request
        .getVolumeCapabilityBuilder()
        .setBlock(BlockVolume.getDefaultInstance())
        .getAccessModeBuilder()
        .setMode(mode);
    var _ = publish.answer(request.build());
  }

  private void assertNothingStaged() {
    assertThat(mapper.devices()).isEmpty();
    assertThat(staging).isEmptyDirectory();
    assertThat(mounts.all()).isEmpty();
  }

  private void configure(String more) throws IOException {
    Files.writeString(
        config, "[{\"clusterID\":\"one\",\"monitors\":[\"mon\"],%s}]".formatted(more));
  }

  private void mirror() {
    try (MemoryPool pool = cluster.pool("rbd")) {
      pool.stored(image).orElseThrow().mirror();
    }
  }

  private void unwatch(String address) {
    try (MemoryPool pool = cluster.pool("rbd")) {
      pool.stored(image).orElseThrow().removeWatcher(address);
    }
  }

  private void watch(String address) {
    try (MemoryPool pool = cluster.pool("rbd")) {
      pool.stored(image).orElseThrow().addWatcher(address);
    }
  }

  private void stage(Consumer<NodeStageVolumeRequest.Builder> change) {
    var request = request();
    change.accept(request);
    var _ = stage.answer(request.build());
  }

  private NodeStageVolumeRequest.Builder request() {
    return NodeStageVolumeRequest.newBuilder()
        .setVolumeId(id)
        .setStagingTargetPath(staging.toString())
        .setVolumeCapability(writer())
        .putAllSecrets(SECRETS);
  }

  private static VolumeCapability writer() {
    return VolumeCapability.newBuilder()
        .setMount(MountVolume.getDefaultInstance())
        .setAccessMode(AccessMode.newBuilder().setMode(AccessMode.Mode.SINGLE_NODE_WRITER))
        .build();
  }

  private static void mode(NodeStageVolumeRequest.Builder request, AccessMode.Mode mode) {
    request.getVolumeCapabilityBuilder().getAccessModeBuilder().setMode(mode);
  }

  private void unstage() {
    unstage(id, staging);
  }

  private void unstage(String volumeId, Path from) {
    var _ =
        unstage.answer(
            NodeUnstageVolumeRequest.newBuilder()
                .setVolumeId(volumeId)
                .setStagingTargetPath(from.toString())
                .build());
  }

  private void publish(Path target, boolean readOnly) {
    var _ = publish.answer(publishRequest(target, readOnly).build());
  }

  private NodePublishVolumeRequest.Builder publishRequest(Path target, boolean readOnly) {
    return NodePublishVolumeRequest.newBuilder()
        .setVolumeId(id)
        .setStagingTargetPath(staging.toString())
        .setTargetPath(target.toString())
        .setVolumeCapability(writer())
        .setReadonly(readOnly);
  }

  private void unpublish(Path target) {
    var _ =
        unpublish.answer(
            NodeUnpublishVolumeRequest.newBuilder()
                .setVolumeId(id)
                .setTargetPath(target.toString())
                .build());
  }

  private NodeExpandVolumeRequest expandRequest(String path) {
    return NodeExpandVolumeRequest.newBuilder()
        .setVolumeId(id)
        .setVolumePath(path)
        .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(4 * GIB))
        .putAllSecrets(SECRETS)
        .build();
  }

  private NodeGetVolumeStatsRequest statsRequest(String path) {
    return NodeGetVolumeStatsRequest.newBuilder().setVolumeId(id).setVolumePath(path).build();
  }
}
