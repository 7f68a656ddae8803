package io.cephcsi.rbd.controller;

import csi.v1.ListVolumesRequest;
import csi.v1.ListVolumesResponse;
import csi.v1.ListVolumesResponse.Entry;
import csi.v1.ListVolumesResponse.VolumeStatus;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.Listing;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.NamedUuid;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.OpenPool;
import java.util.Optional;

/**
 * Lists the volumes of all configured clusters, a page at a time. Static volumes are none that this
 * driver knows of: an administrator made their images, and only a PersistentVolume says that they
 * are volumes.
 */
record ListVolumes(Listing<OpenPool> listing, VolumeJournal journal)
    implements Call<ListVolumesRequest, ListVolumesResponse> {

  @Override
  public ListVolumesResponse answer(ListVolumesRequest request) {
    Listing.Page<Entry> page =
        listing.page(
            request.getStartingToken(),
            request.getMaxEntries(),
            (opened, after, most) -> journal.page(opened.pool(), after, most),
            this::entry);
    return ListVolumesResponse.newBuilder()
        .addAllEntries(page.entries())
        .setNextToken(page.nextToken())
        .build();
  }

  private Optional<Entry> entry(OpenPool opened, NamedUuid named) {
    return journal
        .read(opened.pool(), named.uuid())
        .filter(ListVolumes::isWhole)
        .flatMap(e -> header(opened.pool(), e))
        .map(header ->
            entry(
                new VolumeId(opened.config().clusterId(), opened.pool().id(), named.uuid()),
                header));
  }

  /** Early versions of ceph-csi stored no id. */
  private static boolean isWhole(VolumeEntry entry) {
    return entry.ofCephCsi() || !entry.imageId().isEmpty();
  }

  /**
   * By the id that is stored, which costs one operation; else by its name: an image that was
   * replaced has another id than the journal knows.
   */
  private static Optional<ImageHeader> header(Pool pool, VolumeEntry entry) {
    return Optional.of(entry.imageId())
        .filter(id -> !id.isEmpty())
        .flatMap(pool::imageHeader)
        .or(() -> pool.imageId(entry.imageName()).flatMap(pool::imageHeader));
  }

  private static Entry entry(VolumeId id, ImageHeader header) {
    return Entry.newBuilder()
        .setVolume(
            csi.v1.Volume.newBuilder().setVolumeId(id.text()).setCapacityBytes(header.sizeBytes()))
        .setStatus(VolumeStatus.getDefaultInstance())
        .build();
  }
}
