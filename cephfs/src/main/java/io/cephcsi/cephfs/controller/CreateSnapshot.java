package io.cephcsi.cephfs.controller;

import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateSnapshotResponse;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.Volume;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.VolumeId;

/** Cuts a snapshot of a volume, or finds the one that an earlier call of the name cut. */
record CreateSnapshot(
    FileSystems fileSystems, Volumes volumes, Cuts cuts, NameLocks names, KnownUsers users)
    implements Call<CreateSnapshotRequest, CreateSnapshotResponse> {

  @Override
  public CreateSnapshotResponse answer(CreateSnapshotRequest request) {
    SnapshotPlan plan = SnapshotPlan.of(request);
    try (var _ = names.hold(nameLock(plan.name()));
        var _ = names.share(plan.sourceId());
        Volume source = volumes.require(plan.sourceId(), plan.credentials())) {
      requireSameCluster(plan, source);
      users.remember(source.opened().config().clusterId(), plan.credentials());
      Cuts.Made made = cuts.findOrMake(source, plan);
      var id =
          new VolumeId(
              plan.parameters().clusterId(), source.opened().location(), made.entry().uuid());
      return CreateSnapshotResponse.newBuilder()
          .setSnapshot(made.answer(id, plan.sourceId()))
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
    var config = fileSystems.configs().require(named);
    if (named.equals(source.opened().config().clusterId())) {
      return;
    }
    try (Cluster cluster = fileSystems.lend(config, plan.credentials())) {
      boolean same =
          cluster.fsid().equals(source.opened().cluster().fsid())
              && config.cephFs().equals(source.opened().config().cephFs());
      if (!same) {
        throw new CsiException.InvalidArgument(
            "clusterID %s is another cluster, subvolume group or RADOS namespace than the volume's, %s: name the volume's in the class"
                .formatted(named, source.opened().config().clusterId()));
      }
    }
  }
}
