package io.cephcsi.rbd.controller;

import csi.v1.CreateSnapshotRequest;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.RequestName;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.journal.SnapshotRequest;
import io.cephcsi.journal.VolumeEntry;

/**
 * A CreateSnapshot request, checked as far as that goes without a cluster.
 *
 * @param groupId the group that it is to be a member of, empty for none
 */
record SnapshotPlan(
    String name,
    String sourceId,
    ClassParameters parameters,
    Credentials credentials,
    String groupId) {
  /**
   * Reads and checks the request.
   *
   * @throws CsiException.InvalidArgument when anything in it is wrong
   */
  static SnapshotPlan of(CreateSnapshotRequest request) {
    RequestName.require(request.getName());
    String source = RequiredField.text("source_volume_id", request.getSourceVolumeId());
    var parameters = new ClassParameters(request.getParametersMap());
    var _ = parameters.clusterId();
    var _ = parameters.snapshotNamePrefix();
    parameters.requireNoEmptyPool();
    return new SnapshotPlan(
        request.getName(), source, parameters, Secrets.credentials(request.getSecretsMap()), "");
  }

  /** The same, of a member of the group. */
  SnapshotPlan inGroup(String id) {
    return new SnapshotPlan(name, sourceId, parameters, credentials, id);
  }

  /** What the journal is to keep. */
  SnapshotRequest reservation(VolumeEntry sourceVolume) {
    return new SnapshotRequest(
        name,
        parameters.snapshotNamePrefix(),
        sourceVolume.imageName(),
        sourceId,
        sourceVolume.owner(),
        groupId);
  }
}
