package io.cephcsi.rbd.controller;

import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateSnapshotResponse;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.rbd.Pools;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.Volumes;

/** Cuts a snapshot of a volume, or finds the one that an earlier call of the name cut. */
record CreateSnapshot(
    Pools pools, Volumes volumes, SnapshotImages images, NameLocks names, KnownUsers users)
    implements Call<CreateSnapshotRequest, CreateSnapshotResponse> {

  @Override
  public CreateSnapshotResponse answer(CreateSnapshotRequest request) {
    SnapshotPlan plan = SnapshotPlan.of(request);
    try (var _ = names.hold(nameLock(plan.name()));
        var _ = names.share(plan.sourceId());
        Volume source = volumes.require(plan.sourceId(), plan.credentials())) {
      requireSameCluster(plan, source);
      users.remember(source.opened().config().clusterId(), plan.credentials());
      SnapshotImages.Made made = images.findOrMake(source, plan, Moment.NOW);
      images.finishLater(source.opened(), made.entry());
      var id = new VolumeId(plan.parameters().clusterId(), source.pool().id(), made.entry().uuid());
      return CreateSnapshotResponse.newBuilder()
          .setSnapshot(
              made.answer(id, plan.sourceId(), images.readyOrFlattened(source.opened(), made)))
          .build();
    }
  }

  /** Snapshots' names are apart from volumes'. */
  static String nameLock(String name) {
    return "snapshot " + name;
  }

  /** The class names the cluster for the snapshot's id, under which it is looked for later. */
  private void requireSameCluster(SnapshotPlan plan, Volume source) {
    String named = plan.parameters().clusterId();
    if (named.equals(source.clusterId())) {
      return;
    }
    ClusterConfig config = pools.config(named);
    requireSameNamespace(config, source);
    try (Cluster cluster = pools.lend(config, plan.credentials())) {
      if (!cluster.fsid().equals(source.opened().cluster().fsid())) {
        throw new CsiException.InvalidArgument(
            "clusterID %s is another cluster than the volume's, %s: name the volume's in the class"
                .formatted(named, source.clusterId()));
      }
    }
  }

  /** The snapshot's image is where the volume's is, and its id would lead elsewhere. */
  private static void requireSameNamespace(ClusterConfig named, Volume source) {
    String namespace = source.pool().namespace();
    if (!named.rbd().namespace().equals(namespace)) {
      throw new CsiException.InvalidArgument(
          "clusterID %s has the RADOS namespace \"%s\", the volume is in \"%s\" of clusterID %s: name the volume's in the class"
              .formatted(
                  named.clusterId(), named.rbd().namespace(), namespace, source.clusterId()));
    }
  }
}
