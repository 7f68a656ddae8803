package io.cephcsi.rbd.controller;

import csi.v1.BlockMetadata;
import csi.v1.BlockMetadataType;
import csi.v1.GetMetadataAllocatedRequest;
import csi.v1.GetMetadataAllocatedResponse;
import io.cephcsi.ceph.Extents;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.StreamedCall;
import io.cephcsi.rbd.Snapshot;
import io.cephcsi.rbd.Snapshots;
import java.util.List;

/** Tells where a snapshot has data. */
record GetMetadataAllocated(Snapshots snapshots, NameLocks names)
    implements StreamedCall<GetMetadataAllocatedRequest, GetMetadataAllocatedResponse> {

  @Override
  public void answer(
      GetMetadataAllocatedRequest request, Answers<GetMetadataAllocatedResponse> answers) {
    String id = RequiredField.text("snapshot_id", request.getSnapshotId());
    var range = MetadataRange.of(request.getStartingOffset(), request.getMaxResults());
    var credentials = Secrets.credentials(request.getSecretsMap());
    try (var _ = names.share(id);
        Snapshot snapshot = snapshots.require(id, credentials);
        var content = SnapshotContent.open(snapshot)) {
      long size = content.sizeBytes();
      range.requireWithin(size);
      new MetadataPages(range, size)
          .send(
              (offset, length) -> allocated(content, offset, length, answers),
              page -> answers.send(answer(size, page)));
    }
  }

  private static Extents allocated(
      SnapshotContent content, long offset, long length, Answers<?> answers) {
    answers.requireCaller();
    Extents allocated = content.allocated(offset, length);
    content.requireUnchanged();
    return allocated;
  }

  private static GetMetadataAllocatedResponse answer(long size, List<BlockMetadata> page) {
    return GetMetadataAllocatedResponse.newBuilder()
        .setBlockMetadataType(BlockMetadataType.VARIABLE_LENGTH)
        .setVolumeCapacityBytes(size)
        .addAllBlockMetadata(page)
        .build();
  }
}
