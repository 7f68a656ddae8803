package io.cephcsi.cephfs.controller;

import io.cephcsi.ceph.Pool;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cephfs.Volume;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.Making;
import io.cephcsi.csi.CsiException;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SequencedMap;

/**
 * How large volumes are. The journal is believed of those that this process has sized or looked at:
 * before it started another driver may have served, and ceph-csi grows a volume without a note. For
 * several threads at a time.
 */
final class VolumeSizes {
  private static final int MOST = 10_000;

  private final VolumeJournal journal;

  /** By UUID. */
  private final SequencedMap<String, Boolean> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > MOST;
        }
      };

  VolumeSizes(VolumeJournal journal) {
    this.journal = journal;
  }

  /** By the journal, or else as {@link #ask} tells. */
  long of(Volume volume) {
    return known(volume).orElseGet(() -> ask(volume));
  }

  /** By the journal; empty when that cannot be believed. */
  OptionalLong known(Volume volume) {
    VolumeEntry entry = volume.entry();
    return isKnown(entry.uuid()) ? entry.sizeBytes() : OptionalLong.empty();
  }

  private synchronized boolean isKnown(String uuid) {
    return known.get(uuid) != null;
  }

  /**
   * As the manager says, by one command; 0 for a volume without bound.
   *
   * @throws CsiException.Aborted when it is not whole yet
   * @throws CsiException.FailedPrecondition when it was whole and has lost its metadata
   * @throws CsiException.NotFound when its subvolume is gone
   */
  long ask(Volume volume) {
    String id = volume.id().text();
    Subvolume subvolume =
        volume.subvolumes().find(volume.subvolume()).orElseThrow(() -> Volumes.missing(id));
    return switch (subvolume) {
      case Subvolume.Live live -> {
        store(volume.pool(), volume.entry(), live.quotaBytes());
        yield live.quotaBytes();
      }
      case Subvolume.Unfinished _ ->
          throw new CsiException.Aborted(
              "volume %s is a copy that is not complete, ask again".formatted(id));
      case Subvolume.HalfMade _ -> throw Volumes.withoutMetadata(volume);
      case Subvolume.Retained _ -> throw Volumes.missing(id);
    };
  }

  /**
   * Notes how large a volume is now. Where the journal has nothing of that, its maker may still
   * have to note that it is whole, or ceph-csi made it.
   */
  void store(Pool pool, VolumeEntry entry, long bytes) {
    if (entry.sizeBytes().isEmpty()) {
      return;
    }
    if (bytes != entry.sizeBytes().getAsLong()) {
      journal.changeSize(pool, entry.uuid(), bytes);
    }
    remember(entry.uuid());
  }

  /**
   * Notes how large a volume is that was made just now, by which it is whole.
   *
   * @return false when another process has taken over
   */
  boolean storeFirst(Pool pool, Making making, long bytes) {
    boolean ours = journal.storeSize(pool, making.uuid(), making.maker(), bytes);
    if (ours) {
      remember(making.uuid());
    }
    return ours;
  }

  private synchronized void remember(String uuid) {
    known.put(uuid, true);
  }
}
