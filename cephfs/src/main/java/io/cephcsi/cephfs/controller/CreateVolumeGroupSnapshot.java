package io.cephcsi.cephfs.controller;

import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.CreateVolumeGroupSnapshotResponse;
import csi.v1.Snapshot;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.GroupSnapshotAnswer;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.VolumeId;
import java.util.List;

/** Cuts snapshots of several volumes at one moment, or finds those of an earlier call. */
record CreateVolumeGroupSnapshot(
    FileSystems fileSystems, Volumes volumes, GroupCuts groups, NameLocks names, KnownUsers users)
    implements Call<CreateVolumeGroupSnapshotRequest, CreateVolumeGroupSnapshotResponse> {

  @Override
  public CreateVolumeGroupSnapshotResponse answer(CreateVolumeGroupSnapshotRequest request) {
    GroupPlan plan = GroupPlan.of(request);
    String cluster = plan.parameters().clusterId();
    try (var _ = names.hold(nameLock(plan.name()));
        var sources = GroupSources.open(plan, volumes, names);
        var opened = fileSystems.open(cluster, plan.parameters().fsName(), plan.credentials())) {
      sources.requireIn(opened);
      users.remember(cluster, plan.credentials());
      GroupCuts.Made made = groups.findOrMake(opened, plan, sources);
      List<Snapshot> members = made.members().stream().map(m -> told(opened, m)).toList();
      String id = new VolumeId(cluster, opened.location(), made.entry().uuid()).text();
      return CreateVolumeGroupSnapshotResponse.newBuilder()
          .setGroupSnapshot(GroupSnapshotAnswer.of(id, made.moment(), members))
          .build();
    }
  }

  /** Groups' names are apart from volumes' and snapshots'. */
  static String nameLock(String name) {
    return "group snapshot " + name;
  }

  private static Snapshot told(OpenFileSystem opened, GroupCuts.Member member) {
    String uuid = member.made().entry().uuid();
    var id = new VolumeId(opened.config().clusterId(), opened.location(), uuid);
    return member.made().answer(id, member.sourceId());
  }
}
