package io.cephcsi.rbd.controller;

import com.google.errorprone.annotations.MustBeClosed;
import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.CreateVolumeGroupSnapshotResponse;
import csi.v1.Snapshot;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.SnapshotClassParameter;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.GroupSnapshotAnswer;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Pools;
import io.cephcsi.rbd.Volumes;
import java.util.List;

/** Cuts snapshots of several volumes at one moment, or finds those of an earlier call. */
record CreateVolumeGroupSnapshot(
    Pools pools,
    Volumes volumes,
    GroupImages groups,
    SnapshotImages images,
    NameLocks names,
    KnownUsers users)
    implements Call<CreateVolumeGroupSnapshotRequest, CreateVolumeGroupSnapshotResponse> {

  @Override
  public CreateVolumeGroupSnapshotResponse answer(CreateVolumeGroupSnapshotRequest request) {
    GroupPlan plan = GroupPlan.of(request);
    try (var _ = names.hold(nameLock(plan.name()));
        var sources = GroupSources.open(plan, volumes, names);
        OpenPool opened = pool(plan)) {
      requireSameCluster(plan, opened, sources);
      users.remember(plan.parameters().clusterId(), plan.credentials());
      GroupImages.Made made = groups.findOrMake(opened, plan, sources);
      List<Snapshot> members = made.members().stream().map(m -> told(plan, m)).toList();
      var id = new VolumeId(plan.parameters().clusterId(), opened.pool().id(), made.entry().uuid());
      return CreateVolumeGroupSnapshotResponse.newBuilder()
          .setGroupSnapshot(GroupSnapshotAnswer.of(id.text(), made.moment(), members))
          .build();
    }
  }

  /** Groups' names are apart from volumes' and snapshots'. */
  static String nameLock(String name) {
    return "group snapshot " + name;
  }

  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // the caller closes it
  private OpenPool pool(GroupPlan plan) {
    String cluster = plan.parameters().clusterId();
    String named = SnapshotClassParameter.POOL.in(plan.parameters().all());
    if (!named.isEmpty()) {
      return pools.open(cluster, named, plan.credentials());
    }
    long id =
        plan.poolId()
            .orElseThrow(() ->
                new CsiException.InvalidArgument(
                    "none of the volumes' ids tells a pool: name one as pool in the class"));
    return pools
        .open(cluster, id, plan.credentials())
        .orElseThrow(() -> Volumes.missing(plan.members().getFirst().sourceId()));
  }

  private static void requireSameCluster(GroupPlan plan, OpenPool opened, GroupSources sources) {
    Cluster cluster = opened.cluster();
    for (var source : sources.all()) {
      var place = source.volume().opened();
      boolean same =
          place.cluster().fsid().equals(cluster.fsid())
              && place.pool().namespace().equals(opened.pool().namespace());
      if (!same) {
        throw new CsiException.InvalidArgument(
            "volume %s is in another cluster or RADOS namespace than clusterID %s, and a group is in one: leave the volume out"
                .formatted(source.plan().sourceId(), plan.parameters().clusterId()));
      }
    }
  }

  private Snapshot told(GroupPlan plan, GroupImages.Member member) {
    var volume = member.source().volume();
    images.finishLater(volume.opened(), member.made().entry());
    var id =
        new VolumeId(
            plan.parameters().clusterId(), volume.pool().id(), member.made().entry().uuid());
    boolean ready = images.readyOrFlattened(volume.opened(), member.made());
    return member.made().answer(id, member.source().plan().sourceId(), ready);
  }
}
