package io.cephcsi.cephfs;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import java.util.Optional;

/** Finds the volumes that this or another driver made, by their ids. */
public final class Volumes {
  private final FileSystems fileSystems;
  private final VolumeJournal journal;

  public Volumes(FileSystems fileSystems, VolumeJournal journal) {
    this.fileSystems = fileSystems;
    this.journal = journal;
  }

  /**
   * Opens the filesystem of a volume, or one that mirrors it, and reads its journal object, in one
   * operation. Whoever asks closes the answer.
   *
   * @return empty when its filesystem or its journal object is gone
   * @throws CsiException.InvalidArgument when its cluster is not configured
   */
  public Optional<Volume> open(VolumeId id, Credentials credentials) {
    return fileSystems.find(id, credentials, opened -> read(id, opened));
  }

  /**
   * As {@link #open}, for calls on a volume that must be there.
   *
   * @throws CsiException.NotFound when the id is none of ours, or the volume is not there
   */
  public Volume require(String id, Credentials credentials) {
    return VolumeId.of(id)
        .flatMap(decoded -> open(decoded, credentials))
        .orElseThrow(() -> missing(id));
  }

  /** The refusal of a call on a volume that is not there. */
  public static CsiException.NotFound missing(String id) {
    return new CsiException.NotFound(
        "volume %s does not exist: see whether it was removed by hand (cephcsi volumes ls)"
            .formatted(id));
  }

  /**
   * The refusal of a call on a volume whose subvolume lacks its metadata: the manager did not
   * finish it, or it was whole once.
   */
  public static CsiException withoutMetadata(Volume volume) {
    return volume.entry().sizeBytes().isPresent()
        ? metadataLost(volume.opened(), volume.entry())
        : new CsiException.Aborted(
            "volume %s is not made yet, ask for it again first".formatted(volume.id().text()));
  }

  /** The refusal of a call on a volume that was whole, and whose subvolume lacks its metadata. */
  public static CsiException.FailedPrecondition metadataLost(
      OpenFileSystem opened, VolumeEntry entry) {
    return new CsiException.FailedPrecondition(
        "subvolume %s of volume %s has lost its metadata, its data may be there: see %s, save what is there, and remove it"
            .formatted(
                entry.imageName(),
                entry.requestName(),
                opened.subvolumes().directory(entry.imageName())));
  }

  private Optional<Volume> read(VolumeId id, OpenFileSystem opened) {
    try (var _ = Phase.JOURNAL.begin()) {
      Optional<VolumeEntry> entry = journal.read(opened.pool(), id.uuid());
      if (entry.isEmpty()) {
        opened.close();
      }
      return entry.map(e -> new Volume(id, opened, e));
    } catch (Throwable e) {
      opened.close();
      throw e;
    }
  }
}
