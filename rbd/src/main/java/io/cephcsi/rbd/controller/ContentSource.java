package io.cephcsi.rbd.controller;

import csi.v1.VolumeContentSource;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.rbd.Snapshots;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.Volumes;

/** What a new volume begins as a copy of. */
sealed interface ContentSource {
  /** The id as the request has it. */
  String text();

  /** A snapshot of this or another driver's. */
  record OfSnapshot(String text, VolumeId id) implements ContentSource {}

  /** A volume as it is at the moment of the call. */
  record OfVolume(String text) implements ContentSource {}

  /**
   * Reads it.
   *
   * @throws CsiException.NotFound when the id is none of ours
   * @throws CsiException.InvalidArgument when it is neither snapshot nor volume
   */
  static ContentSource of(VolumeContentSource source) {
    return switch (source.getTypeCase()) {
      case SNAPSHOT -> {
        String text = source.getSnapshot().getSnapshotId();
        yield new OfSnapshot(text, VolumeId.of(text).orElseThrow(() -> Snapshots.missing(text)));
      }
      case VOLUME -> {
        String text = source.getVolume().getVolumeId();
        if (VolumeHandle.of(text).isEmpty()) {
          throw Volumes.missing(text);
        }
        yield new OfVolume(text);
      }
      case TYPE_NOT_SET ->
          throw new CsiException.InvalidArgument(
              "volume_content_source names neither a snapshot nor a volume");
    };
  }

  /** As CSI answers it. */
  default VolumeContentSource answer() {
    var answer = VolumeContentSource.newBuilder();
    return switch (this) {
      case OfSnapshot _ ->
          answer
              .setSnapshot(VolumeContentSource.SnapshotSource.newBuilder().setSnapshotId(text()))
              .build();
      case OfVolume _ ->
          answer
              .setVolume(VolumeContentSource.VolumeSource.newBuilder().setVolumeId(text()))
              .build();
    };
  }
}
