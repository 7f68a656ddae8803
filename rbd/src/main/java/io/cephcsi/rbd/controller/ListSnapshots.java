package io.cephcsi.rbd.controller;

import csi.v1.ListSnapshotsRequest;
import csi.v1.ListSnapshotsResponse;
import csi.v1.ListSnapshotsResponse.Entry;
import io.cephcsi.cluster.Listing;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.NamedUuid;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.rbd.OpenPool;
import java.util.List;
import java.util.Optional;

/** Lists snapshots: all, those of one volume, or the one of an id. */
record ListSnapshots(Listing<OpenPool> listing, SnapshotJournal journal, KnownSnapshots known)
    implements Call<ListSnapshotsRequest, ListSnapshotsResponse> {

  @Override
  public ListSnapshotsResponse answer(ListSnapshotsRequest request) {
    if (!request.getSnapshotId().isEmpty()) {
      List<Entry> one =
          known.find(request.getSnapshotId(), request.getSecretsMap()).stream()
              .filter(s -> isOf(request.getSourceVolumeId(), s.getSourceVolumeId()))
              .map(s -> Entry.newBuilder().setSnapshot(s).build())
              .toList();
      return ListSnapshotsResponse.newBuilder().addAllEntries(one).build();
    }
    Listing.Page<Entry> page =
        listing.page(
            request.getStartingToken(),
            request.getMaxEntries(),
            (opened, after, most) -> journal.page(opened.pool(), after, most),
            (opened, named) -> entry(opened, named, request.getSourceVolumeId()));
    return ListSnapshotsResponse.newBuilder()
        .addAllEntries(page.entries())
        .setNextToken(page.nextToken())
        .build();
  }

  private static boolean isOf(String wanted, String source) {
    return wanted.isEmpty() || wanted.equals(source);
  }

  /** The image of a snapshot of another volume is not looked at. */
  private Optional<Entry> entry(OpenPool opened, NamedUuid named, String sourceId) {
    String sourceUuid = VolumeId.of(sourceId).map(VolumeId::uuid).orElse("");
    return journal
        .read(opened.pool(), named.uuid())
        .filter(e -> isOf(sourceId, e.sourceId()) || e.sourceId().isEmpty())
        .filter(e -> e.source().endsWith(sourceUuid))
        .flatMap(e -> known.told(opened, e))
        .filter(s -> isOf(sourceId, s.getSourceVolumeId()))
        .map(s -> Entry.newBuilder().setSnapshot(s).build());
  }
}
