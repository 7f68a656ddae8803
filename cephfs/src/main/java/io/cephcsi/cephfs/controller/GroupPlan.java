package io.cephcsi.cephfs.controller;

import csi.v1.CreateVolumeGroupSnapshotRequest;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.RequestName;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.GroupEntry;
import io.cephcsi.journal.GroupRequest;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;

/** A CreateVolumeGroupSnapshot request, checked as far as that goes without a cluster. */
record GroupPlan(
    String name, List<String> sourceIds, ClassParameters parameters, Credentials credentials) {
  /**
   * Reads and checks the request.
   *
   * @throws CsiException.InvalidArgument when anything in it is wrong
   */
  static GroupPlan of(CreateVolumeGroupSnapshotRequest request) {
    RequestName.require(request.getName());
    var sources = new LinkedHashSet<>(request.getSourceVolumeIdsList());
    if (sources.isEmpty() || sources.contains("")) {
      throw new CsiException.InvalidArgument(
          "source_volume_ids %s: name at least one volume, and each by its id"
              .formatted(request.getSourceVolumeIdsList()));
    }
    var parameters = new ClassParameters(request.getParametersMap());
    var _ = parameters.clusterId();
    var _ = parameters.fsName();
    var _ = parameters.groupNamePrefix();
    var _ = parameters.snapshotNamePrefix();
    return new GroupPlan(
        request.getName(),
        List.copyOf(sources),
        parameters,
        Secrets.admin(request.getSecretsMap()));
  }

  /** What the journal is to keep. */
  GroupRequest reservation() {
    return new GroupRequest(name, parameters.groupNamePrefix(), Instant.now());
  }

  /** The plan of a member's snapshot, by the name that ceph-csi gives it too. */
  SnapshotPlan member(String sourceId, GroupEntry group, VolumeId groupId) {
    return new SnapshotPlan(
        memberNames(group) + sourceId, sourceId, parameters, credentials, groupId.text());
  }

  /** What the names of all members' snapshots, and no others, begin with. */
  static String memberNames(GroupEntry group) {
    return group.groupName() + "-";
  }
}
