package io.cephcsi.cephfs.controller;

import static org.assertj.core.api.Assertions.assertThat;

import csi.v1.CapacityRange;
import csi.v1.ControllerExpandVolumeRequest;
import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.CreateVolumeResponse;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.DeleteVolumeRequest;
import csi.v1.Snapshot;
import csi.v1.Volume;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.MountVolume;
import csi.v1.VolumeContentSource;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryClusters;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.GroupSnapshots;
import io.cephcsi.cephfs.MemoryVolumes;
import io.cephcsi.cephfs.Snapshots;
import io.cephcsi.cephfs.StoredSubvolume;
import io.cephcsi.cephfs.VolumeHealths;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.ClusterMappings;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Listing;
import io.cephcsi.cluster.Looks;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.GroupJournal;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.SnapshotReferences;
import io.cephcsi.journal.VolumeJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The controller's RPCs on a cluster in memory, with one filesystem called {@code cephfs}. */
final class Controller implements AutoCloseable {
  static final Map<String, String> SECRETS = Map.of("adminID", "csi", "adminKey", "c2VjcmV0");
  static final long GIB = 1L << 30;

  private static final ControllerSettings PLAIN =
      new ControllerSettings(false, "", Duration.ofMillis(300));

  final MemoryCluster cluster;
  final MemoryVolumes subvolumes;
  final MemoryClusters clusters;
  final VolumeJournal journal = new VolumeJournal("default", UUID::randomUUID);
  final SnapshotJournal snapshotJournal = new SnapshotJournal("default", UUID::randomUUID);
  final GroupJournal groupJournal = new GroupJournal("default", UUID::randomUUID);
  final KnownUsers users;
  final ClusterConfigs configs;
  final Path config;
  final Path mapping;
  final Looks looks = new Looks(Duration.ofMillis(500));

  CreateVolume createVolume;
  DeleteVolume deleteVolume;
  ControllerExpandVolume expandVolume;
  CreateSnapshot createSnapshot;
  DeleteSnapshot deleteSnapshot;
  CreateVolumeGroupSnapshot createGroup;
  DeleteVolumeGroupSnapshot deleteGroup;
  GetVolumeGroupSnapshot getGroup;
  ListSnapshots listSnapshots;
  GetSnapshot getSnapshot;
  ListVolumes listVolumes;
  GetCapacity getCapacity;
  ControllerGetVolume getVolume;
  ValidateVolumeCapabilities validate;
  ControllerGetVolumeHealth getVolumeHealth;
  ControllerListVolumeHealth listVolumeHealth;

  Controller(Path directory) throws IOException {
    this(directory, new MemoryCluster());
  }

  private Controller(Path directory, MemoryCluster cluster) throws IOException {
    this(directory, cluster, new MemoryVolumes(cluster));
  }

  /** Another process on the cluster of the first. */
  Controller(Path directory, Controller first) throws IOException {
    this(directory, first.cluster, first.subvolumes);
  }

  private Controller(Path directory, MemoryCluster cluster, MemoryVolumes subvolumes)
      throws IOException {
    this.cluster = cluster;
    this.subvolumes = subvolumes;
    this.clusters = new MemoryClusters().add("mon", cluster);
    config = directory.resolve("config.json");
    mapping = directory.resolve("cluster-mapping.json");
    Files.writeString(config, "[{\"clusterID\":\"one\",\"monitors\":[\"mon\"]}]");
    configs = new ClusterConfigs(config);
    users = new KnownUsers(directory.resolve("keyring"));
    restart(PLAIN);
  }

  /** A new process: nothing in memory is left of the one before. */
  void restart() {
    restart(PLAIN);
  }

  void restart(ControllerSettings settings) {
    var names = new NameLocks();
    var fileSystems = new FileSystems(configs, ClusterMappings.ofFileSystems(mapping), clusters);
    var volumes = new Volumes(fileSystems, journal);
    var snapshots = new Snapshots(fileSystems, snapshotJournal);
    var references = new SnapshotReferences();
    var deletion = new SnapshotDeletion(snapshotJournal, references, names);
    var shown = new ShownSnapshots(snapshots, references, deletion);
    var clones = new Clones(volumes, snapshots, names, settings.cloneWait());
    var sizes = new VolumeSizes(journal);
    var made = new MadeSubvolumes(journal, clones, shown, sizes, settings);
    var known = new KnownSnapshots(snapshots, journal, users);
    var listing = new Listing<>(fileSystems, configs, users::of);
    var healths = new VolumeHealths(fileSystems, journal, looks);
    createVolume = new CreateVolume(fileSystems, made, names, users);
    deleteVolume = new DeleteVolume(volumes, journal, shown, names);
    expandVolume = new ControllerExpandVolume(volumes, sizes, names);
    var cuts = new Cuts(snapshotJournal, sizes, settings, InstantSource.system());
    var groups = new GroupSnapshots(fileSystems, groupJournal);
    var groupDeletion =
        new GroupDeletion(snapshots, snapshotJournal, groupJournal, deletion, names);
    createSnapshot = new CreateSnapshot(fileSystems, volumes, cuts, names, users);
    deleteSnapshot = new DeleteSnapshot(snapshots, groups, deletion, names);
    createGroup =
        new CreateVolumeGroupSnapshot(
            fileSystems,
            volumes,
            new GroupCuts(groupJournal, snapshotJournal, cuts, groupDeletion),
            names,
            users);
    deleteGroup = new DeleteVolumeGroupSnapshot(groups, groupDeletion, names);
    getGroup = new GetVolumeGroupSnapshot(groups, known, users);
    listSnapshots = new ListSnapshots(listing, snapshotJournal, known);
    getSnapshot = new GetSnapshot(known);
    listVolumes = new ListVolumes(listing, journal);
    getCapacity = new GetCapacity(fileSystems, users);
    getVolume = new ControllerGetVolume(volumes, users);
    validate = new ValidateVolumeCapabilities(volumes);
    getVolumeHealth = new ControllerGetVolumeHealth(healths, users);
    listVolumeHealth = new ControllerListVolumeHealth(listing, journal, healths, looks);
  }

  static VolumeCapability capability(AccessMode.Mode mode) {
    return VolumeCapability.newBuilder()
        .setMount(MountVolume.getDefaultInstance())
        .setAccessMode(AccessMode.newBuilder().setMode(mode))
        .build();
  }

  static CreateVolumeRequest.Builder request(String name) {
    return CreateVolumeRequest.newBuilder()
        .setName(name)
        .addVolumeCapabilities(capability(AccessMode.Mode.MULTI_NODE_MULTI_WRITER))
        .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(GIB))
        .putParameters("clusterID", "one")
        .putParameters("fsName", "cephfs")
        .putAllSecrets(SECRETS);
  }

  static CreateVolumeRequest.Builder restore(String name, String snapshotId) {
    var source = VolumeContentSource.SnapshotSource.newBuilder().setSnapshotId(snapshotId);
    return request(name)
        .setVolumeContentSource(VolumeContentSource.newBuilder().setSnapshot(source));
  }

  static CreateVolumeRequest.Builder copy(String name, String volumeId) {
    var source = VolumeContentSource.VolumeSource.newBuilder().setVolumeId(volumeId);
    return request(name).setVolumeContentSource(VolumeContentSource.newBuilder().setVolume(source));
  }

  static CreateVolumeRequest.Builder show(String name, String snapshotId) {
    return restore(name, snapshotId)
        .clearVolumeCapabilities()
        .addVolumeCapabilities(capability(AccessMode.Mode.MULTI_NODE_READER_ONLY));
  }

  CreateVolumeResponse create(String name) {
    return createVolume.answer(request(name).build());
  }

  Volume create(CreateVolumeRequest.Builder request) {
    return createVolume.answer(request.build()).getVolume();
  }

  void delete(String id) {
    deleteVolume.answer(
        DeleteVolumeRequest.newBuilder().setVolumeId(id).putAllSecrets(SECRETS).build());
  }

  Snapshot cut(String name, String volumeId) {
    return createSnapshot
        .answer(
            CreateSnapshotRequest.newBuilder()
                .setName(name)
                .setSourceVolumeId(volumeId)
                .putParameters("clusterID", "one")
                .putAllSecrets(SECRETS)
                .build())
        .getSnapshot();
  }

  void deleteSnapshot(String id) {
    deleteSnapshot.answer(
        DeleteSnapshotRequest.newBuilder().setSnapshotId(id).putAllSecrets(SECRETS).build());
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

  /** The subvolume of a volume. */
  StoredSubvolume stored(String volumeId) {
    return subvolumes.subvolume("csi-vol-" + uuid(volumeId)).orElseThrow();
  }

  /** Lets the journal say of a volume or snapshot that ceph-csi encrypts it, by fscrypt. */
  void encrypt(String kind, String id) {
    try (MemoryPool pool = pool()) {
      assertThat(
              pool.update(
                  kind + uuid(id),
                  Map.of("csi.volume.encryptKMS", "vault", "csi.volume.encryptionType", "file")))
          .isTrue();
    }
  }

  static String uuid(String id) {
    return VolumeId.of(id).orElseThrow().uuid();
  }

  /** The journals' pool and namespace, for a test to look into. */
  MemoryPool pool() {
    return cluster.pool("cephfs_metadata", "csi");
  }

  /** How many commands the manager got since the operations were last reset. */
  List<String> managerCommands() {
    return cluster.operations().log().stream()
        .filter(o -> o.startsWith("manager command"))
        .map(o -> o.replaceAll(".*\"prefix\":\"([^\"]*)\".*", "$1"))
        .toList();
  }

  long monitorCommands() {
    return cluster.operations().log().stream().filter(o -> o.startsWith("monitor command")).count();
  }

  /** Nothing is left of any volume or snapshot. */
  void assertNothingLeft() {
    List<String> left = new ArrayList<>(subvolumes.subvolumes("cephfs", "csi").keySet());
    try (MemoryPool pool = pool()) {
      pool.objects().stream()
          .filter(o -> !o.matches("csi\\.(volumes|snaps|groups)\\..*"))
          .forEach(left::add);
      left.addAll(pool.list("csi.volumes.default", "", 100).keySet());
      left.addAll(pool.list("csi.snaps.default", "", 100).keySet());
      left.addAll(pool.list("csi.groups.default", "", 100).keySet());
    }
    assertThat(left).isEmpty();
  }

  @Override
  public void close() {
    looks.close();
    clusters.close();
  }
}
