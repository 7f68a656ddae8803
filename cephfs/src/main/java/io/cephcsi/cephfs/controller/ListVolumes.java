package io.cephcsi.cephfs.controller;

import csi.v1.ListVolumesRequest;
import csi.v1.ListVolumesResponse;
import csi.v1.ListVolumesResponse.Entry;
import csi.v1.ListVolumesResponse.VolumeStatus;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cluster.Listing;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.NamedUuid;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import java.util.Optional;

/**
 * Lists the volumes of all configured clusters, a page at a time. A page costs one command to the
 * manager, and one more for each volume whose size this driver has not set.
 */
record ListVolumes(Listing<OpenFileSystem> listing, VolumeJournal journal)
    implements Call<ListVolumesRequest, ListVolumesResponse> {

  @Override
  public ListVolumesResponse answer(ListVolumesRequest request) {
    var listed = new ListedSubvolumes();
    Listing.Page<Entry> page =
        listing.page(
            request.getStartingToken(),
            request.getMaxEntries(),
            (opened, after, most) -> journal.page(opened.pool(), after, most),
            (opened, named) -> entry(listed, opened, named));
    return ListVolumesResponse.newBuilder()
        .addAllEntries(page.entries())
        .setNextToken(page.nextToken())
        .build();
  }

  private Optional<Entry> entry(ListedSubvolumes listed, OpenFileSystem opened, NamedUuid named) {
    var id = new VolumeId(opened.config().clusterId(), opened.location(), named.uuid());
    return journal
        .read(opened.pool(), named.uuid())
        .filter(entry -> listed.has(opened, entry))
        .flatMap(entry -> size(opened, entry))
        .map(bytes -> entry(id, bytes));
  }

  private static Optional<Long> size(OpenFileSystem opened, VolumeEntry entry) {
    if (entry.sizeBytes().isPresent() || !entry.backingSnapshotId().isEmpty()) {
      return Optional.of(entry.sizeBytes().orElse(0));
    }
    return opened
        .subvolumes()
        .find(entry.imageName())
        .filter(s -> s instanceof Subvolume.Live)
        .map(s -> ((Subvolume.Live) s).quotaBytes());
  }

  private static Entry entry(VolumeId id, long bytes) {
    return Entry.newBuilder()
        .setVolume(csi.v1.Volume.newBuilder().setVolumeId(id.text()).setCapacityBytes(bytes))
        .setStatus(VolumeStatus.getDefaultInstance())
        .build();
  }
}
