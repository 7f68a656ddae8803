package io.cephcsi.rbd.node;

import csi.v1.NodeGetVolumeHealthRequest;
import csi.v1.NodeStageVolumeRequest;
import csi.v1.NodeUnstageVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.MountVolume;
import csi.v1.VolumeHealth;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryClusters;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.ClusterMappings;
import io.cephcsi.cluster.CrushLocation;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Looks;
import io.cephcsi.cluster.NodeGetStorageHealth;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.csi.host.Filesystems;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.journal.Reservation;
import io.cephcsi.journal.Stores;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.journal.VolumeRequest;
import io.cephcsi.rbd.Pools;
import io.cephcsi.rbd.VolumeHealths;
import io.cephcsi.rbd.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The node's RPCs on a node and a cluster in memory, with one volume. */
final class Node implements AutoCloseable {
  static final Map<String, String> SECRETS = Map.of("userID", "csi", "userKey", "c2Vj");
  private static final long GIB = 1L << 30;

  final MemoryCluster cluster = new MemoryCluster("rbd");
  final MemoryClusters clusters = new MemoryClusters().add("mon", cluster);
  final VolumeJournal journal = new VolumeJournal("default", UUID::randomUUID);
  final Looks looks = new Looks(Duration.ofMillis(500));
  final MemoryNode host;
  final MemoryMapper mapper;
  final Mounts mounts;
  final Path staging;
  final Pools pools;
  final KnownUsers users;
  final NameLocks names = new NameLocks();
  final Healer healer;
  final NodeFence fence;
  final String id;
  final String image;

  final NodeStageVolume stage;
  final NodeUnstageVolume unstage;
  final NodeGetVolumeHealth volumeHealth;
  final NodeGetStorageHealth storageHealth;

  Node(Path directory) throws IOException {
    host = new MemoryNode(directory);
    mapper = new MemoryMapper(cluster, host, directory);
    mounts = host.mounts();
    staging = Files.createDirectory(directory.resolve("staging"));
    Path config =
        Files.writeString(
            directory.resolve("config.json"), "[{\"clusterID\":\"one\",\"monitors\":[\"mon\"]}]");
    var configs = new ClusterConfigs(config);
    pools =
        new Pools(
            configs, ClusterMappings.ofPools(directory.resolve("cluster-mapping.json")), clusters);
    users = new KnownUsers(directory.resolve("keyring"));
    var filesystems = new Filesystems(host);
    var blockDevices = new BlockDevices(host.sysfs());
    var devices = new Devices(List.of(mapper), blockDevices);
    var volumes = new Volumes(pools, journal);
    fence = new NodeFence(true, "node-1", devices, volumes, users, _ -> Optional.empty());
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
            new NodeSettings("node-1", "ext4", "rbd", Map.of(), true, CrushLocation.ANYWHERE));
    var revival = new Revival(volumes, StagedUsers.known(users), fence);
    unstage = new NodeUnstageVolume(devices, revival, mounts, fence, names);
    healer = new Healer(devices, revival, mounts, names);
    var healths = new VolumeHealths(pools, journal, looks);
    volumeHealth =
        new NodeGetVolumeHealth(
            mounts,
            new MountedHealth(devices, blockDevices, filesystems, pools, users, looks),
            healths,
            users);
    storageHealth = new NodeGetStorageHealth(configs, healths.monitors(), users, looks);
    try (MemoryPool pool = cluster.pool("rbd")) {
      var request = new VolumeRequest("pvc-1", "csi-vol-", "", "");
      Reservation made = journal.reserve(Stores.of(pool), request);
      image = made.entry().imageName();
      pool.createImage(image, GIB, ImageOptions.DEFAULT);
      id = "0001-0003-one-%016x-%s".formatted(pool.id(), made.entry().uuid());
      pool.imageId(image)
          .ifPresent(imageId -> journal.storeImageId(pool, made.entry().uuid(), "", imageId));
    }
  }

  void stage() {
    stage(
        VolumeCapability.newBuilder()
            .setMount(MountVolume.getDefaultInstance())
            .setAccessMode(AccessMode.newBuilder().setMode(AccessMode.Mode.SINGLE_NODE_WRITER))
            .build());
  }

  void stage(VolumeCapability capability) {
    var _ =
        stage.answer(
            NodeStageVolumeRequest.newBuilder()
                .setVolumeId(id)
                .setStagingTargetPath(staging.toString())
                .setVolumeCapability(capability)
                .putAllSecrets(SECRETS)
                .build());
  }

  void unstage() {
    var _ =
        unstage.answer(
            NodeUnstageVolumeRequest.newBuilder()
                .setVolumeId(id)
                .setStagingTargetPath(staging.toString())
                .build());
  }

  VolumeHealth health() {
    return volumeHealth
        .answer(
            NodeGetVolumeHealthRequest.newBuilder()
                .setVolumeId(id)
                .setStagingTargetPath(staging.toString())
                .build())
        .getVolumeHealth();
  }

  @Override
  public void close() {
    host.answer();
    looks.close();
    clusters.close();
  }
}
