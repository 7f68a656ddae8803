package io.cephcsi.rbd.controller;

import static org.assertj.core.api.Assertions.assertThat;

import csi.v1.CapacityRange;
import csi.v1.ControllerExpandVolumeRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.CreateVolumeResponse;
import csi.v1.DeleteVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.MountVolume;
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
import org.jspecify.annotations.Nullable;

/** The controller's RPCs on a cluster in memory, with one pool called {@code rbd}. */
final class Controller implements AutoCloseable {
  static final Map<String, String> SECRETS = Map.of("userID", "csi", "userKey", "c2VjcmV0");
  static final long GIB = 1L << 30;

  final MemoryCluster cluster = new MemoryCluster("rbd");
  final MemoryClusters clusters = new MemoryClusters().add("mon", cluster);
  final VolumeJournal journal = new VolumeJournal("default", UUID::randomUUID);
  final SnapshotJournal snapshotJournal = new SnapshotJournal("default", UUID::randomUUID);
  final GroupJournal groupJournal = new GroupJournal("default", UUID::randomUUID);
  final KnownUsers users;
  final ClusterConfigs configs;
  final Pools pools;
  final Path config;
  final Path mapping;
  final Looks looks = new Looks(Duration.ofMillis(500));
  private Purger purger;
  private Flattener flattener;

  /** When purges that were cut off are looked for; the far future in most tests. */
  Duration resumeAfter = Duration.ofHours(1);

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
    config = directory.resolve("config.json");
    Files.writeString(config, "[{\"clusterID\":\"one\",\"monitors\":[\"mon\"]}]");
    configs = new ClusterConfigs(config);
    mapping = directory.resolve("cluster-mapping.json");
    pools = new Pools(configs, new ClusterMappings(mapping), clusters);
    users = new KnownUsers(directory.resolve("keyring"));
    restart(new ControllerSettings(false, ""));
  }

  /** A new process: nothing in memory is left of the one before. */
  void restart(ControllerSettings settings) {
    close(purger, flattener);
    var names = new NameLocks();
    var volumes = new Volumes(pools, journal);
    purger = new Purger(pools, journal, snapshotJournal, resumeAfter, () -> 0);
    flattener = new Flattener(pools);
    var snapshots = new Snapshots(pools, snapshotJournal);
    var clones = new Clones(volumes, snapshots, flattener, settings.limits(), names);
    var snapshotImages = new SnapshotImages(pools, snapshotJournal, flattener, purger, settings);
    var known = new KnownSnapshots(snapshots, snapshotImages, journal, users);
    var listing = new Listing<>(pools, configs, users::of);
    createSnapshot = new CreateSnapshot(pools, volumes, snapshotImages, names, users);
    var groups = new GroupSnapshots(pools, groupJournal);
    var deletion = new SnapshotDeletion(snapshotJournal, purger, names);
    var groupDeletion = new GroupDeletion(snapshots, groupJournal, deletion);
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
            pools, journal, new Images(journal, clones, purger, settings), names, users);
    deleteVolume = new DeleteVolume(volumes, journal, purger, names);
    expandVolume = new ControllerExpandVolume(volumes, names);
    listVolumes = new ListVolumes(listing, journal);
    validate = new ValidateVolumeCapabilities(volumes);
    getVolume = new ControllerGetVolume(volumes, users);
    var fenced = new FencedVolumes(volumes, users);
    publishVolume = new ControllerPublishVolume(fenced, names);
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

  /** The pool, for a test to look into. */
  MemoryPool pool() {
    return cluster.pool("rbd");
  }

  /** Waits until nothing is left of any volume, as the background purge goes on by itself. */
  void awaitNothingLeft() throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
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

  private static void close(@Nullable Purger purger, @Nullable Flattener flattener) {
    if (purger != null && flattener != null) {
      purger.close();
      flattener.close();
    }
  }

  @Override
  public void close() {
    close(purger, flattener);
    looks.close();
    clusters.close();
  }
}
