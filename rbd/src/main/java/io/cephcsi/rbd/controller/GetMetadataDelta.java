package io.cephcsi.rbd.controller;

import csi.v1.BlockMetadata;
import csi.v1.BlockMetadataType;
import csi.v1.GetMetadataDeltaRequest;
import csi.v1.GetMetadataDeltaResponse;
import io.cephcsi.ceph.Extents;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.StreamedCall;
import io.cephcsi.rbd.Snapshot;
import io.cephcsi.rbd.Snapshots;
import java.util.List;

/** Tells what differs between two snapshots of one volume. */
record GetMetadataDelta(Snapshots snapshots, NameLocks names)
    implements StreamedCall<GetMetadataDeltaRequest, GetMetadataDeltaResponse> {

  @Override
  public void answer(GetMetadataDeltaRequest request, Answers<GetMetadataDeltaResponse> answers) {
    String baseId = RequiredField.text("base_snapshot_id", request.getBaseSnapshotId());
    String targetId = RequiredField.text("target_snapshot_id", request.getTargetSnapshotId());
    var range = MetadataRange.of(request.getStartingOffset(), request.getMaxResults());
    var credentials = Secrets.credentials(request.getSecretsMap());
    try (var _ = names.share(baseId);
        var _ = names.share(targetId);
        Snapshot base = snapshots.require(baseId, credentials);
        Snapshot target = snapshots.require(targetId, credentials)) {
      requireSameVolume(base, target);
      send(base, target, range, answers);
    }
  }

  private static void requireSameVolume(Snapshot base, Snapshot target) {
    boolean same =
        base.opened().cluster().fsid().equals(target.opened().cluster().fsid())
            && base.pool().id() == target.pool().id()
            && base.pool().namespace().equals(target.pool().namespace())
            && base.entry().source().equals(target.entry().source());
    if (!same) {
      throw new CsiException.InvalidArgument(
          "snapshot %s is of image %s of cluster %s, snapshot %s of image %s of cluster %s: name two snapshots of one volume"
              .formatted(
                  base.id().text(),
                  base.entry().source(),
                  base.id().clusterId(),
                  target.id().text(),
                  target.entry().source(),
                  target.id().clusterId()));
    }
  }

  private static void send(
      Snapshot base,
      Snapshot target,
      MetadataRange range,
      Answers<GetMetadataDeltaResponse> answers) {
    try (var before = SnapshotContent.open(base);
        var after = SnapshotContent.open(target)) {
      long size = after.sizeBytes();
      range.requireWithin(size);
      var delta = new SnapshotDelta(before, after);
      new MetadataPages(range, size)
          .send(
              (offset, length) -> differing(delta, offset, length, answers),
              page -> answers.send(answer(size, page)));
    }
  }

  private static Extents differing(
      SnapshotDelta delta, long offset, long length, Answers<?> answers) {
    answers.requireCaller();
    return delta.in(offset, length);
  }

  private static GetMetadataDeltaResponse answer(long size, List<BlockMetadata> page) {
    return GetMetadataDeltaResponse.newBuilder()
        .setBlockMetadataType(BlockMetadataType.VARIABLE_LENGTH)
        .setVolumeCapacityBytes(size)
        .addAllBlockMetadata(page)
        .build();
  }
}
