package io.cephcsi.cephfs;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.SnapshotJournal;
import java.util.Optional;

/** Finds the snapshots that this or another driver made, by their ids. */
public final class Snapshots {
  private final FileSystems fileSystems;
  private final SnapshotJournal journal;

  public Snapshots(FileSystems fileSystems, SnapshotJournal journal) {
    this.fileSystems = fileSystems;
    this.journal = journal;
  }

  /**
   * Opens the filesystem of a snapshot, or one that mirrors it, and reads its journal object, in
   * one operation. Whoever asks closes the answer.
   *
   * @return empty when its filesystem or its journal object is gone
   * @throws CsiException.InvalidArgument when its cluster is not configured
   */
  public Optional<Snapshot> open(VolumeId id, Credentials credentials) {
    return fileSystems.find(id, credentials, opened -> read(id, opened));
  }

  /**
   * As {@link #open}, for calls on a snapshot that must be there.
   *
   * @throws CsiException.NotFound when the id is none of ours, or the snapshot is not there
   */
  public Snapshot require(String id, Credentials credentials) {
    return VolumeId.of(id)
        .flatMap(decoded -> open(decoded, credentials))
        .orElseThrow(() -> missing(id));
  }

  /** The refusal of a call on a snapshot that is not there. */
  public static CsiException.NotFound missing(String id) {
    return new CsiException.NotFound(
        "snapshot %s does not exist: see whether it was removed by hand".formatted(id));
  }

  private Optional<Snapshot> read(VolumeId id, OpenFileSystem opened) {
    try {
      // One without a source is half a reservation of ceph-csi's, and no snapshot.
      Optional<SnapshotEntry> entry =
          journal.read(opened.pool(), id.uuid()).filter(e -> !e.source().isEmpty());
      if (entry.isEmpty()) {
        opened.close();
      }
      return entry.map(e -> new Snapshot(id, opened, e));
    } catch (Throwable e) {
      opened.close();
      throw e;
    }
  }
}
