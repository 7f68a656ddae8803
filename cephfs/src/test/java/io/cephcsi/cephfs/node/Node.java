package io.cephcsi.cephfs.node;

import csi.v1.NodePublishVolumeRequest;
import csi.v1.NodeStageVolumeRequest;
import csi.v1.NodeUnpublishVolumeRequest;
import csi.v1.NodeUnstageVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.MountVolume;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryClusters;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.MemoryVolumes;
import io.cephcsi.cephfs.Snapshots;
import io.cephcsi.cephfs.VolumeHealths;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.ClusterMappings;
import io.cephcsi.cluster.CrushLocation;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Looks;
import io.cephcsi.cluster.MonitorLooks;
import io.cephcsi.cluster.NodeFailures;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.host.ControlGroup;
import io.cephcsi.csi.host.Filesystems;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.csi.host.NodeUnpublishVolume;
import io.cephcsi.csi.host.Publication;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.VolumeJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/** The node's RPCs on a node and a cluster in memory. */
final class Node implements AutoCloseable {
  static final String KEY = "c2VjcmV0";
  static final Map<String, String> SECRETS = Map.of("adminID", "admin", "adminKey", KEY);
  static final String ID = "0001-0003-one-0000000000000001-57faaacd-4db4-4605-8fab-43305e985a4c";
  static final String PATH = "/volumes/csi/csi-vol-57faaacd/1b671a64";
  static final NodeSettings SETTINGS =
      new NodeSettings("node-1", Map.of(), "", "", false, CrushLocation.ANYWHERE);

  final MemoryCluster cluster = new MemoryCluster("rbd");
  final MemoryVolumes subvolumes = new MemoryVolumes(cluster);
  final MemoryClusters clusters = new MemoryClusters().add("10.0.0.1:6789", cluster);
  final VolumeJournal journal = new VolumeJournal("default", UUID::randomUUID);
  final SnapshotJournal snapshotJournal = new SnapshotJournal("default", UUID::randomUUID);
  final Looks looks = new Looks(Duration.ofMillis(500));
  final MemoryNode host;
  final Mounts mounts;
  final Path staging;
  final Path target;
  final Path records;
  final Path config;
  final Path mapping;
  final KnownUsers known;
  final FileSystems fileSystems;

  final NodeStageVolume stage;
  final NodeUnstageVolume unstage;
  final NodePublishVolume publish;
  final NodeUnpublishVolume unpublish;
  final NodeGetVolumeStats stats;
  final NodeGetVolumeHealth health;

  Node(Path directory, MemoryNode host, NodeSettings settings) throws IOException {
    this.host = host;
    mounts = host.mounts();
    staging = Files.createDirectories(directory.resolve("staging"));
    target = directory.resolve("pod/mount");
    records = Files.createDirectories(directory.resolve("mountinfo.d"));
    config =
        Files.writeString(
            directory.resolve("config.json"),
            "[{\"clusterID\":\"one\",\"monitors\":[\"10.0.0.1:6789\"]}]");
    var configs = new ClusterConfigs(config);
    mapping = directory.resolve("cluster-mapping.json");
    fileSystems = new FileSystems(configs, ClusterMappings.ofFileSystems(mapping), clusters);
    known = new KnownUsers(directory.resolve("keyring"));
    var mountRecords = new MountRecords(records);
    var users = new StagedUsers(known, mountRecords);
    var names = new NameLocks();
    var entries = new DirectoryEntries(host);
    var pulse = new Pulse(entries);
    var filesystems = new Filesystems(host);
    var processes = new MountProcesses(host.procfs, host);
    var mounters =
        new Mounters(
            List.of(
                new KernelMounter(host.procfs, host, settings),
                new FuseMounter(
                    directory.resolve("ceph.conf"),
                    processes,
                    new ControlGroup(directory, "cephcsi"),
                    settings)));
    var staged =
        new StagedMount(
            new VolumeRoots(
                fileSystems,
                new Volumes(fileSystems, journal),
                new Snapshots(fileSystems, snapshotJournal)),
            mounters,
            processes,
            mounts,
            pulse,
            mountRecords,
            host);
    stage = new NodeStageVolume(staged, mounts, users, names);
    unstage = new NodeUnstageVolume(staged, users, names);
    publish = new NodePublishVolume(new Publication(mounts), staged, users, mounts, pulse, names);
    unpublish = new NodeUnpublishVolume(mounts, names);
    stats = new NodeGetVolumeStats(mounts, filesystems, entries);
    health =
        new NodeGetVolumeHealth(
            mounts,
            new MountedHealth(
                fileSystems,
                mounters,
                entries,
                new MonitorLooks(looks, fileSystems::lend),
                known,
                looks),
            new VolumeHealths(fileSystems, journal, looks),
            known);
  }

  static NodeStageVolumeRequest.Builder stageRequest(Path staging) {
    return NodeStageVolumeRequest.newBuilder()
        .setVolumeId(ID)
        .setStagingTargetPath(staging.toString())
        .setVolumeCapability(capability(AccessMode.Mode.MULTI_NODE_MULTI_WRITER))
        .putVolumeContext("fsName", "cephfs")
        .putVolumeContext("clusterID", "one")
        .putVolumeContext("subvolumePath", PATH)
        .putAllSecrets(SECRETS);
  }

  static VolumeCapability.Builder capability(AccessMode.Mode mode) {
    return VolumeCapability.newBuilder()
        .setMount(MountVolume.getDefaultInstance())
        .setAccessMode(AccessMode.newBuilder().setMode(mode));
  }

  void stage(Consumer<NodeStageVolumeRequest.Builder> change) {
    var request = stageRequest(staging);
    change.accept(request);
    var _ = NodeFailures.told(stage).answer(request.build());
  }

  void publish(Consumer<NodePublishVolumeRequest.Builder> change) {
    var request =
        NodePublishVolumeRequest.newBuilder()
            .setVolumeId(ID)
            .setStagingTargetPath(staging.toString())
            .setTargetPath(target.toString())
            .setVolumeCapability(capability(AccessMode.Mode.MULTI_NODE_MULTI_WRITER))
            .putVolumeContext("fsName", "cephfs")
            .putVolumeContext("clusterID", "one")
            .putVolumeContext("subvolumePath", PATH);
    change.accept(request);
    var _ = NodeFailures.told(publish).answer(request.build());
  }

  void unpublish() {
    var _ =
        unpublish.answer(
            NodeUnpublishVolumeRequest.newBuilder()
                .setVolumeId(ID)
                .setTargetPath(target.toString())
                .build());
  }

  void unstage() {
    var _ =
        unstage.answer(
            NodeUnstageVolumeRequest.newBuilder()
                .setVolumeId(ID)
                .setStagingTargetPath(staging.toString())
                .build());
  }

  @Override
  public void close() {
    looks.close();
    clusters.close();
  }
}
