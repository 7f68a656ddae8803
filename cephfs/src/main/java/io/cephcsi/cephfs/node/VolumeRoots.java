package io.cephcsi.cephfs.node;

import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.Snapshot;
import io.cephcsi.cephfs.Snapshots;
import io.cephcsi.cephfs.Volume;
import io.cephcsi.cephfs.VolumeAttribute;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.ClusterConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Finds where volumes are. The cluster is asked only for what the volume context does not tell: the
 * user of a node then needs no rights but those for its files.
 */
record VolumeRoots(FileSystems fileSystems, Volumes volumes, Snapshots snapshots) {
  /**
   * Where a volume is.
   *
   * @throws io.cephcsi.csi.CsiException.NotFound when the cluster was asked and knows no such
   *     volume
   */
  VolumeRoot of(StagePlan plan) {
    return switch (plan.source()) {
      case VolumeSource.Provisioned volume -> provisioned(volume, plan);
      case VolumeSource.Static named ->
          new VolumeRoot(
              fileSystems.requireConfig(named.clusterId()),
              named.fileSystem(),
              named.path(),
              shown(named.snapshot()));
      case VolumeSource.Monitored named ->
          new VolumeRoot(unconfigured(named.monitors()), "", named.path(), shown(named.snapshot()));
    };
  }

  /** The cluster that the volume would be mounted of; empty when it is not configured. */
  Optional<ClusterConfig> findCluster(VolumeSource source) {
    return switch (source) {
      case VolumeSource.Provisioned volume -> fileSystems.findConfig(volume.id().clusterId());
      case VolumeSource.Static named -> fileSystems.findConfig(named.clusterId());
      case VolumeSource.Monitored named -> Optional.of(unconfigured(named.monitors()));
    };
  }

  private static VolumeRoot.Shown shown(String snapshot) {
    return snapshot.isEmpty() ? new VolumeRoot.Shown.All() : new VolumeRoot.Shown.Named(snapshot);
  }

  private static ClusterConfig unconfigured(String monitors) {
    return new ClusterConfig(
        "",
        Arrays.asList(monitors.split(",", -1)),
        new ClusterConfig.Rbd("", 1, ""),
        new ClusterConfig.CephFs("", "", "", "", ""),
        new ClusterConfig.ReadAffinity(ClusterConfig.ReadAffinity.Wish.FLAG, List.of()));
  }

  private VolumeRoot provisioned(VolumeSource.Provisioned source, StagePlan plan) {
    if (source.located()) {
      return new VolumeRoot(
          fileSystems.configs().require(fileSystems.place(source.id()).clusterId()),
          source.fileSystem(),
          source.path(),
          new VolumeRoot.Shown.All());
    }
    return ask(source, plan);
  }

  /**
   * Where the cluster says that a volume is of which the context tells all: the filesystem may have
   * another name since, or the subvolume been made anew with another path. Empty for others.
   *
   * @throws io.cephcsi.csi.CsiException.NotFound when it knows no such volume
   * @throws io.cephcsi.ceph.CephException denied, when the user may not ask
   */
  Optional<VolumeRoot> asked(StagePlan plan) {
    return plan.source() instanceof VolumeSource.Provisioned volume && volume.located()
        ? Optional.of(ask(volume, plan))
        : Optional.empty();
  }

  private VolumeRoot ask(VolumeSource.Provisioned source, StagePlan plan) {
    try (Volume volume =
        volumes
            .open(source.id(), plan.credentials())
            .orElseThrow(() -> Volumes.missing(plan.volumeId()))) {
      StagePlan.requirePlain(plan.volumeId(), volume.entry().encrypted());
      return volume.showsSnapshot()
          ? ofSnapshot(volume.entry().backingSnapshotId(), plan)
          : new VolumeRoot(
              volume.opened().config(),
              volume.opened().fileSystem().name(),
              path(volume, plan),
              new VolumeRoot.Shown.All());
    }
  }

  private static String path(Volume volume, StagePlan plan) {
    String group = plan.attribute(VolumeAttribute.SUBVOLUME_GROUP);
    var subvolumes = group.isEmpty() ? volume.subvolumes() : volume.subvolumes().in(group);
    return subvolumes.path(volume.subvolume()).orElseThrow(() -> Volumes.missing(plan.volumeId()));
  }

  /**
   * The parent's directory is mounted, which outlives the parent for as long as it has snapshots;
   * its own path does not.
   */
  private VolumeRoot ofSnapshot(String id, StagePlan plan) {
    try (Snapshot snapshot = snapshots.require(id, plan.credentials())) {
      StagePlan.requirePlain(plan.volumeId(), snapshot.entry().encrypted());
      return new VolumeRoot(
          snapshot.opened().config(),
          snapshot.opened().fileSystem().name(),
          snapshot.subvolumes().directory(snapshot.source()),
          new VolumeRoot.Shown.OfSubvolume(snapshot.name()));
    }
  }
}
