package io.cephcsi.rbd.controller;

import csi.v1.CreateVolumeGroupSnapshotRequest;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.RequestName;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.GroupRequest;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.Volumes;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * A CreateVolumeGroupSnapshot request, checked as far as that goes without a cluster.
 *
 * @param members a plan for each volume's snapshot
 */
record GroupPlan(
    String name, List<SnapshotPlan> members, ClassParameters parameters, Credentials credentials) {
  /**
   * Reads and checks the request.
   *
   * @throws CsiException.InvalidArgument when anything in it is wrong
   * @throws CsiException.NotFound when a volume's id is none of ours
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
    var _ = parameters.groupNamePrefix();
    var _ = parameters.snapshotNamePrefix();
    parameters.requireNoEmptyPool();
    Credentials credentials = Secrets.credentials(request.getSecretsMap());
    List<SnapshotPlan> members = new ArrayList<>();
    for (String source : sources) {
      members.add(member(request.getName(), source, parameters, credentials));
    }
    return new GroupPlan(request.getName(), List.copyOf(members), parameters, credentials);
  }

  private static SnapshotPlan member(
      String group, String source, ClassParameters parameters, Credentials credentials) {
    VolumeHandle handle = VolumeHandle.of(source).orElseThrow(() -> Volumes.missing(source));
    String uuid =
        switch (handle) {
          case VolumeHandle.Journaled(var id) -> id.uuid();
          case VolumeHandle.InTree _, VolumeHandle.Static _ ->
              UUID.nameUUIDFromBytes(source.getBytes(StandardCharsets.UTF_8)).toString();
        };
    return new SnapshotPlan(group + "-" + uuid, source, parameters, credentials, "");
  }

  /**
   * The pool of the group itself when the class names none: the first one of its volumes', in the
   * order of ids; empty when no id tells its pool.
   */
  OptionalLong poolId() {
    return members.stream()
        .flatMap(member -> VolumeId.of(member.sourceId()).stream())
        .mapToLong(VolumeId::location)
        .min();
  }

  /** What the journal is to keep. */
  GroupRequest reservation() {
    return new GroupRequest(name, parameters.groupNamePrefix(), Instant.now());
  }
}
