package io.cephcsi.csi;

import csi.v1.VolumeContentSource;

/** What a new volume begins as a copy of. */
public sealed interface ContentSource {
  /** The id as the request has it. */
  String text();

  /** A snapshot of this or another driver's. */
  record OfSnapshot(String text) implements ContentSource {}

  /** A volume as it is at the moment of the call. */
  record OfVolume(String text) implements ContentSource {}

  /**
   * Reads it; whether there is such an id is not looked at.
   *
   * @throws CsiException.InvalidArgument when it is neither snapshot nor volume
   */
  static ContentSource of(VolumeContentSource source) {
    return switch (source.getTypeCase()) {
      case SNAPSHOT -> new OfSnapshot(source.getSnapshot().getSnapshotId());
      case VOLUME -> new OfVolume(source.getVolume().getVolumeId());
      case TYPE_NOT_SET ->
          throw new CsiException.InvalidArgument(
              "volume_content_source names neither a snapshot nor a volume: the caller must name one");
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
