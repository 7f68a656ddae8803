package io.cephcsi.rbd.controller;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import csi.v1.CapacityRange;
import csi.v1.ControllerExpandVolumeRequest;
import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.CreateVolumeResponse;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.DeleteVolumeRequest;
import csi.v1.Volume;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.MountVolume;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import csi.v1.VolumeContentSource.VolumeSource;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryClusters;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.ClusterMappings;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Listing;
import io.cephcsi.cluster.Looks;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.journal.GroupJournal;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.GroupSnapshots;
import io.cephcsi.rbd.OwnSnapshot;
import io.cephcsi.rbd.Pools;
import io.cephcsi.rbd.Snapshots;
import io.cephcsi.rbd.VolumeHealths;
import io.cephcsi.rbd.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The controller's RPCs on a cluster in memory, with one pool called {@code rbd}. */
final class Controller implements AutoCloseable {
  static final Map<String, String> SECRETS = Map.of("userID", "csi", "userKey", "c2VjcmV0");
  static final long GIB = 1L << 30;

  final MemoryCluster cluster;
  final MemoryClusters clusters;
  final VolumeJournal journal = new VolumeJournal("default", UUID::randomUUID);
  final SnapshotJournal snapshotJournal = new SnapshotJournal("default", UUID::randomUUID);
  final GroupJournal groupJournal = new GroupJournal("default", UUID::randomUUID);
  final KnownUsers users;
  final ClusterConfigs configs;
  final Pools pools;
  final Path config;
  final Path mapping;
  final Looks looks = new Looks(Duration.ofMillis(500));
  private @Nullable CutOffWork cutOff;
  private @Nullable Purger purger;
  private @Nullable Flattener flattener;

  /** When purges that were cut off are looked for; the far future in most tests. */
  Duration resumeAfter = Duration.ofHours(1);

  /** When they are looked for once more. */
  Duration resumeAgain = Duration.ofHours(1);

  CreateSnapshot createSnapshot;
  DeleteSnapshot deleteSnapshot;
  ListSnapshots listSnapshots;
  GetSnapshot getSnapshot;
  CreateVolumeGroupSnapshot createGroup;
  DeleteVolumeGroupSnapshot deleteGroup;
  GetVolumeGroupSnapshot getGroup;
  GetMetadataAllocated allocated;
  GetMetadataDelta delta;
  CreateVolume createVolume;
  DeleteVolume deleteVolume;
  ControllerExpandVolume expandVolume;
  ListVolumes listVolumes;
  ValidateVolumeCapabilities validate;
  ControllerGetVolume getVolume;
  ControllerPublishVolume publishVolume;
  ControllerUnpublishVolume unpublishVolume;
  ControllerGetVolumeHealth getVolumeHealth;
  ControllerListVolumeHealth listVolumeHealth;
  GetCapacity getCapacity;

  Controller(Path directory) throws IOException {
    this(directory, new MemoryCluster("rbd"));
  }

  /** Another process on the cluster of the first one. */
  Controller(Path directory, MemoryCluster cluster) throws IOException {
    this.cluster = cluster;
    clusters = new MemoryClusters().add("mon", cluster);
    config = directory.resolve("config.json");
    Files.writeString(config, "[{\"clusterID\":\"one\",\"monitors\":[\"mon\"]}]");
    configs = new ClusterConfigs(config);
    mapping = directory.resolve("cluster-mapping.json");
    var mappings = ClusterMappings.ofPools(mapping);
    pools = new Pools(configs, mappings, clusters);
    users = new KnownUsers(directory.resolve("keyring"), lost -> mappings.ofLost(lost, configs));
    restart(new ControllerSettings(false, ""));
  }

  /** A new process: nothing in memory is left of the one before. */
  void restart(ControllerSettings settings) {
    closeBackground();
    var names = new NameLocks();
    var volumes = new Volumes(pools, journal);
    purger = new Purger(pools, journal, () -> 0);
    flattener = new Flattener(pools, journal);
    var pace = new CutOffWork.Pace(resumeAfter, resumeAgain);
    cutOff = new CutOffWork(pools, journal, snapshotJournal, purger, flattener, pace);
    var snapshots = new Snapshots(pools, snapshotJournal);
    var clones = new Clones(volumes, snapshots, flattener, settings.limits(), names);
    var snapshotImages = new SnapshotImages(pools, snapshotJournal, flattener, purger, settings);
    var known = new KnownSnapshots(snapshots, snapshotImages, journal, users);
    var listing = new Listing<>(pools, configs, users::of);
    createSnapshot = new CreateSnapshot(pools, volumes, snapshotImages, names, users);
    var groups = new GroupSnapshots(pools, groupJournal);
    var deletion = new SnapshotDeletion(snapshotJournal, purger, cutOff, names);
    var groupDeletion = new GroupDeletion(snapshots, groupJournal, deletion, names);
    var groupImages = new GroupImages(groupJournal, snapshotJournal, snapshotImages, groupDeletion);
    createGroup =
        new CreateVolumeGroupSnapshot(pools, volumes, groupImages, snapshotImages, names, users);
    deleteGroup = new DeleteVolumeGroupSnapshot(groups, groupDeletion, names);
    getGroup = new GetVolumeGroupSnapshot(groups, known, users);
    deleteSnapshot = new DeleteSnapshot(snapshots, groups, deletion, names);
    listSnapshots = new ListSnapshots(listing, snapshotJournal, known);
    getSnapshot = new GetSnapshot(known);
    allocated = new GetMetadataAllocated(snapshots, names);
    delta = new GetMetadataDelta(snapshots, names);
    createVolume =
        new CreateVolume(
            pools, journal, new Images(journal, clones, purger, cutOff, settings), names, users);
    deleteVolume = new DeleteVolume(volumes, journal, purger, cutOff, names);
    expandVolume = new ControllerExpandVolume(volumes, names);
    listVolumes = new ListVolumes(listing, journal);
    validate = new ValidateVolumeCapabilities(volumes);
    getVolume = new ControllerGetVolume(volumes, users);
    var fenced = new FencedVolumes(volumes, users);
    publishVolume = new ControllerPublishVolume(fenced, node -> !node.equals("no-node"), names);
    unpublishVolume = new ControllerUnpublishVolume(fenced, names);
    var healths = new VolumeHealths(pools, journal, looks);
    getVolumeHealth = new ControllerGetVolumeHealth(healths, users);
    listVolumeHealth =
        new ControllerListVolumeHealth(
            listing, journal, healths, new PoolContents(pools, journal, looks));
    getCapacity = new GetCapacity(pools, configs, users);
  }

  static VolumeCapability writer() {
    return VolumeCapability.newBuilder()
        .setMount(MountVolume.getDefaultInstance())
        .setAccessMode(AccessMode.newBuilder().setMode(AccessMode.Mode.SINGLE_NODE_WRITER))
        .build();
  }

  static CreateVolumeRequest.Builder request(String name) {
    return CreateVolumeRequest.newBuilder()
        .setName(name)
        .addVolumeCapabilities(writer())
        .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(GIB))
        .putParameters("clusterID", "one")
        .putParameters("pool", "rbd")
        .putAllSecrets(SECRETS);
  }

  /** A volume that begins as a copy of another one. */
  static CreateVolumeRequest.Builder copying(String name, String volumeId) {
    return request(name)
        .setVolumeContentSource(
            VolumeContentSource.newBuilder()
                .setVolume(VolumeSource.newBuilder().setVolumeId(volumeId)));
  }

  /** A volume that begins as a copy of a snapshot. */
  static CreateVolumeRequest.Builder restoring(String name, String snapshotId) {
    return request(name)
        .setVolumeContentSource(
            VolumeContentSource.newBuilder()
                .setSnapshot(SnapshotSource.newBuilder().setSnapshotId(snapshotId)));
  }

  static CreateSnapshotRequest.Builder snapshotOf(String name, String volumeId) {
    return CreateSnapshotRequest.newBuilder()
        .setName(name)
        .setSourceVolumeId(volumeId)
        .putParameters("clusterID", "one")
        .putAllSecrets(SECRETS);
  }

  /** The image of a volume whose class has the default prefix. */
  static String imageOf(String volumeId) {
    return "csi-vol-" + uuidOf(volumeId);
  }

  static String uuidOf(String id) {
    return id.substring(id.length() - 36);
  }

  Volume create(CreateVolumeRequest.Builder request) {
    return createVolume.answer(request.build()).getVolume();
  }

  String snapshot(String name, String volumeId) {
    return createSnapshot.answer(snapshotOf(name, volumeId).build()).getSnapshot().getSnapshotId();
  }

  void deleteSnapshot(String id) {
    deleteSnapshot.answer(
        DeleteSnapshotRequest.newBuilder().setSnapshotId(id).putAllSecrets(SECRETS).build());
  }

  CreateVolumeResponse create(String name) {
    return createVolume.answer(request(name).build());
  }

  void delete(String id) {
    deleteVolume.answer(
        DeleteVolumeRequest.newBuilder().setVolumeId(id).putAllSecrets(SECRETS).build());
  }

  long expand(String id, long bytes) {
    return expandVolume
        .answer(
            ControllerExpandVolumeRequest.newBuilder()
                .setVolumeId(id)
                .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(bytes))
                .putAllSecrets(SECRETS)
                .build())
        .getCapacityBytes();
  }

  /** As {@code rbd migration} does: the name stays, the image and its id are new. */
  void replaceImage(String image) {
    try (MemoryPool pool = pool()) {
      boolean ofSnapshot;
      long bytes;
      try (Image open = pool.openImage(image)) {
        bytes = open.sizeBytes();
        ofSnapshot = Cuts.has(open, image);
        Cuts.remove(open, image);
      }
      pool.removeImage(image);
      pool.createImage(image, bytes, ImageOptions.DEFAULT);
      if (ofSnapshot) {
        OwnSnapshot.ensure(pool, image);
      }
    }
  }

  /** How many purges are in the queue, tried or wait. */
  int purges() {
    return requireNonNull(purger).waiting();
  }

  /** The pool, for a test to look into. */
  MemoryPool pool() {
    return cluster.pool("rbd");
  }

  /** Waits for what goes on in the background. */
  static void await(BooleanSupplier done) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!done.getAsBoolean() && System.nanoTime() < end) {
      Thread.sleep(2);
    }
    assertThat(done.getAsBoolean()).isTrue();
  }

  /** Waits until nothing is left of any volume, as the background purge goes on by itself. */
  void awaitNothingLeft() throws InterruptedException {
    awaitNothingLeft(Duration.ofSeconds(10));
  }

  void awaitNothingLeft(Duration most) throws InterruptedException {
    long end = System.nanoTime() + most.toNanos();
    while (!left().isEmpty() && System.nanoTime() < end) {
      Thread.sleep(2);
    }
    assertThat(left()).isEmpty();
  }

  private List<String> left() {
    try (MemoryPool pool = pool()) {
      List<String> left = new ArrayList<>(pool.images().keySet());
      pool.trashEntries().forEach(e -> left.add("trash " + e.name()));
      pool.objects().stream()
          .filter(o -> !o.matches("csi\\.(volumes|snaps|groups)\\..*"))
          .forEach(left::add);
      left.addAll(pool.list("csi.volumes.default", "", 100).keySet());
      left.addAll(pool.list("csi.snaps.default", "", 100).keySet());
      left.addAll(pool.list("csi.groups.default", "", 100).keySet());
      pool.groups().forEach(group -> left.add("group " + group));
      return left;
    }
  }

  private void closeBackground() {
    if (cutOff != null && purger != null && flattener != null) {
      cutOff.close();
      purger.close();
      flattener.close();
    }
  }

  @Override
  public void close() {
    closeBackground();
    looks.close();
    clusters.close();
  }
}
