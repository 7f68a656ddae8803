package io.cephcsi.cephfs.controller;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.cephfs.CloneState;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Snapshot;
import io.cephcsi.cephfs.Snapshots;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cephfs.Subvolumes;
import io.cephcsi.cephfs.Volume;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.Making;
import io.cephcsi.csi.ContentSource;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.VolumeEntry;
import java.time.Duration;
import java.util.Optional;

/**
 * Subvolumes that begin as copies, which the manager makes in the background: of a snapshot, or of
 * a volume, by a snapshot of it that has the new subvolume's name and goes when the copy is
 * complete.
 */
final class Clones {
  private final Volumes volumes;
  private final Snapshots snapshots;
  private final NameLocks names;
  private final CloneWaits waits;

  Clones(Volumes volumes, Snapshots snapshots, NameLocks names, Duration wait) {
    this.volumes = volumes;
    this.snapshots = snapshots;
    this.names = names;
    this.waits = new CloneWaits(wait);
  }

  /**
   * What is copied.
   *
   * @param quotaBytes that the copy gets along; 0 when there is none, and when it is not known: the
   *     volume may have grown since ceph-csi took the snapshot
   * @param temporary whether the snapshot is there for this copy alone
   */
  private record Origin(
      OpenFileSystem opened, String subvolume, String snapshot, long quotaBytes, boolean temporary)
      implements AutoCloseable {
    @Override
    public void close() {
      opened.close();
    }
  }

  /**
   * Makes the copy, or goes on with one that was begun, and waits for it for a while.
   *
   * @throws CsiException.Aborted when it is not complete in time; the next call goes on
   */
  Subvolume.Live make(OpenFileSystem opened, VolumePlan plan, VolumeEntry entry, Making making) {
    Subvolumes subvolumes = opened.subvolumes();
    String name = entry.imageName();
    if (making.fresh()) {
      begin(opened, plan, name);
    } else {
      goOn(opened, plan, entry, making);
    }
    waits.await(subvolumes, name);
    return subvolumes
        .find(name)
        .filter(s -> s instanceof Subvolume.Live)
        .map(s -> (Subvolume.Live) s)
        .orElseThrow(() ->
            new CsiException.Aborted(
                "subvolume %s was removed while it was made, ask again".formatted(name)));
  }

  private void goOn(OpenFileSystem opened, VolumePlan plan, VolumeEntry entry, Making making) {
    String name = entry.imageName();
    Optional<CloneState> state = opened.subvolumes().cloneState(name);
    boolean broken = state.isPresent() && state.get() instanceof CloneState.Broken;
    if (broken) {
      making.requireOurs(opened.pool()); // another process may have made it anew since, and whole
      opened.subvolumes().removeUnfinished(name);
      clean(opened, plan, entry);
    }
    if (broken || state.isEmpty()) {
      begin(opened, plan, name);
    }
  }

  private void begin(OpenFileSystem opened, VolumePlan plan, String name) {
    ContentSource source = plan.source().orElseThrow();
    try (var _ = names.share(source.text());
        Origin origin = origin(plan, source, name)) {
      requireSameFileSystem(opened, origin, source);
      var _ = plan.size().bytesForCopyOf(origin.quotaBytes());
      if (origin.temporary()
          && !origin.opened().subvolumes().cut(origin.subvolume(), origin.snapshot())) {
        throw Volumes.missing(source.text());
      }
      boolean begun =
          origin
              .opened()
              .subvolumes()
              .cloneSnapshot(
                  origin.subvolume(),
                  origin.snapshot(),
                  name,
                  opened.subvolumes().group(),
                  plan.parameters().dataPool());
      if (!begun) {
        throw missing(source);
      }
    }
  }

  private Origin origin(VolumePlan plan, ContentSource source, String name) {
    return switch (source) {
      case ContentSource.OfSnapshot(var id) -> ofSnapshot(id, plan.credentials());
      case ContentSource.OfVolume(var id) -> ofVolume(id, plan, name);
    };
  }

  private Origin ofSnapshot(String id, Credentials credentials) {
    Snapshot snapshot = snapshots.require(id, credentials);
    try {
      requireNotDiscarded(snapshot);
    } catch (CsiException e) {
      snapshot.close();
      throw e;
    }
    return origin(snapshot);
  }

  private static Origin origin(Snapshot snapshot) {
    try {
      requirePlain(snapshot);
      return new Origin(
          snapshot.opened(),
          snapshot.source(),
          snapshot.name(),
          snapshot.entry().sizeBytes(),
          false);
    } catch (Throwable e) {
      snapshot.close();
      throw e;
    }
  }

  /**
   * Refuses a snapshot whose deletion has begun.
   *
   * @throws CsiException.NotFound then
   */
  static void requireNotDiscarded(Snapshot snapshot) {
    if (snapshot.entry().discarded()) {
      throw Snapshots.missing(snapshot.id().text());
    }
  }

  /**
   * Refuses a snapshot of an encrypted volume.
   *
   * @throws CsiException.FailedPrecondition then
   */
  static void requirePlain(Snapshot snapshot) {
    Encryption.requirePlain("snapshot " + snapshot.id().text(), snapshot.entry().encrypted());
  }

  private Origin ofVolume(String id, VolumePlan plan, String name) {
    Volume volume = volumes.require(id, plan.credentials());
    try {
      Encryption.requirePlain("volume " + id, volume.entry().encrypted());
      if (volume.showsSnapshot()) {
        return ofShown(volume, plan);
      }
      return switch (volume
          .subvolumes()
          .find(volume.subvolume())
          .orElseThrow(() -> Volumes.missing(id))) {
        case Subvolume.Live live ->
            new Origin(volume.opened(), volume.subvolume(), name, live.quotaBytes(), true);
        case Subvolume.Unfinished _ ->
            throw new CsiException.Aborted(
                "volume %s is itself a copy that is not complete, ask again".formatted(id));
        case Subvolume.HalfMade _ -> throw Volumes.withoutMetadata(volume);
        case Subvolume.Retained _ -> throw Volumes.missing(id);
      };
    } catch (Throwable e) {
      volume.close();
      throw e;
    }
  }

  /** A snapshot that was deleted stays as long as volumes show it. */
  private Origin ofShown(Volume shown, VolumePlan plan) {
    String id = shown.entry().backingSnapshotId();
    if (plan.readOnly()) {
      throw new CsiException.InvalidArgument(
          "volume %s only shows a snapshot: make the read-only volume from that snapshot, %s"
              .formatted(shown.id().text(), id));
    }
    Snapshot snapshot = snapshots.require(id, plan.credentials());
    shown.close();
    return origin(snapshot);
  }

  private static void requireSameFileSystem(
      OpenFileSystem opened, Origin origin, ContentSource source) {
    boolean same =
        opened.location() == origin.opened().location()
            && opened.cluster().fsid().equals(origin.opened().cluster().fsid());
    if (!same) {
      throw new CsiException.InvalidArgument(
          "source %s is in another filesystem than %s: name the source's as fsName and clusterID"
              .formatted(source.text(), opened.fileSystem().name()));
    }
  }

  private static CsiException missing(ContentSource source) {
    return switch (source) {
      case ContentSource.OfSnapshot(var id) -> Snapshots.missing(id);
      case ContentSource.OfVolume(var id) -> Volumes.missing(id);
    };
  }

  /** What follows a complete copy; it can be repeated. The answer is the size in the end. */
  long complete(OpenFileSystem opened, VolumePlan plan, VolumeEntry entry, long quotaBytes) {
    long wanted = plan.size().bytesForCopyOf(quotaBytes);
    if (wanted > quotaBytes) {
      var _ = opened.subvolumes().resize(entry.imageName(), wanted);
    }
    clean(opened, plan, entry);
    return wanted;
  }

  /** Removes the snapshot that was there for a copy of a volume alone. */
  void clean(OpenFileSystem opened, VolumePlan plan, VolumeEntry entry) {
    if (plan.source().isPresent()
        && plan.source().get() instanceof ContentSource.OfVolume(var id)) {
      VolumeId.of(id)
          .flatMap(decoded -> volumes.open(decoded, plan.credentials()))
          .ifPresent(volume -> clean(volume, entry.imageName()));
    }
  }

  private void clean(Volume opened, String snapshot) {
    try (Volume volume = opened) {
      waits.removeSnapshot(volume.subvolumes(), volume.subvolume(), snapshot);
    }
  }
}
