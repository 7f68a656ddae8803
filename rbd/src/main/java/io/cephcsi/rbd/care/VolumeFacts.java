package io.cephcsi.rbd.care;

import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.care.Concealed;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.JournalKind;
import io.cephcsi.journal.StoredEntry;
import io.cephcsi.journal.StoredJournal;
import io.cephcsi.journal.StoredName;
import io.cephcsi.rbd.IntermediateImage;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.VolumeHandle;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of a volume or a snapshot.
 *
 * @param kind null for an image that no journal knows
 * @param directory the object with the name's key; empty when no name leads to it
 * @param directoryKey the name's key there
 * @param directoryValue what it leads to
 * @param object the UUID's; empty when there is none
 * @param keys of that object, without secrets
 * @param image null without an image
 */
public record VolumeFacts(
    @Nullable JournalKind kind,
    VolumeRow row,
    String directory,
    String directoryKey,
    String directoryValue,
    String object,
    Map<String, String> keys,
    @Nullable ImageFacts image) {
  private static final Pattern UUID_AT_END =
      Pattern.compile(".*?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})");

  /**
   * Looks for it in a pool; empty when it is not there.
   *
   * @param asked the id of a volume or snapshot, the name that it was asked for by, its image's
   *     name, or a UUID
   */
  public static Optional<VolumeFacts> of(OpenPool place, String instanceId, String asked) {
    var search = new Search(place, instanceId);
    return switch (VolumeHandle.of(asked).orElse(null)) {
      case VolumeHandle.Journaled(VolumeId id) ->
          id.location() == place.pool().id() ? search.byUuid(id.uuid()) : Optional.empty();
      case VolumeHandle.InTree(_, var pool, var image) -> search.byImage(pool, image);
      case VolumeHandle.Static(_, var pool, var image) -> search.byImage(pool, image);
      case null -> search.byText(asked);
    };
  }

  /** A search in one pool. */
  private record Search(OpenPool place, String instanceId) {
    private Pool pool() {
      return place.pool();
    }

    private StoredJournal journal() {
      return new StoredJournal(pool());
    }

    Optional<VolumeFacts> byText(String text) {
      return byName(JournalKind.VOLUMES, text)
          .or(() -> byName(JournalKind.SNAPSHOTS, text))
          .or(() -> byImage(pool().name(), text))
          .or(() -> byUuid(text));
    }

    private Optional<VolumeFacts> byName(JournalKind kind, String name) {
      return journal()
          .name(kind, kind.directory(instanceId), name)
          .map(key -> {
            Optional<StoredEntry> entry =
                key.readable() ? entry(kind, key.uuid()) : Optional.empty();
            VolumeRow row =
                entry
                    .map(e -> VolumeRows.row(place, pool(), name, e))
                    .orElseGet(() -> VolumeRows.row(place, pool(), key));
            return facts(kind, row, Optional.of(key), entry);
          });
    }

    Optional<VolumeFacts> byUuid(String uuid) {
      return byUuid(JournalKind.VOLUMES, uuid).or(() -> byUuid(JournalKind.SNAPSHOTS, uuid));
    }

    private Optional<VolumeFacts> byUuid(JournalKind kind, String uuid) {
      return entry(kind, uuid).map(entry -> journaled(kind, entry));
    }

    private VolumeFacts journaled(JournalKind kind, StoredEntry entry) {
      Optional<StoredName> key =
          journal().name(kind, kind.directory(instanceId), entry.requestName());
      VolumeRow row = VolumeRows.row(place, pool(), entry.requestName(), entry);
      return facts(kind, row, key.filter(k -> k.uuid().equals(entry.uuid())), Optional.of(entry));
    }

    Optional<VolumeFacts> byImage(String pool, String image) {
      if (!pool.equals(pool().name())) {
        return Optional.empty();
      }
      return pool().imageId(image).map(id -> ofImage(image).orElseGet(() -> unknown(image, id)));
    }

    /** The entry that owns the image, which has its UUID at the end of its name. */
    private Optional<VolumeFacts> ofImage(String image) {
      Matcher uuid = UUID_AT_END.matcher(IntermediateImage.withoutSuffix(image));
      if (!uuid.matches()) {
        return Optional.empty();
      }
      return List.of(JournalKind.VOLUMES, JournalKind.SNAPSHOTS).stream()
          .flatMap(kind -> entry(kind, uuid.group(1)).stream())
          .filter(entry -> entry.imageName().equals(image))
          .findFirst()
          .map(entry -> journaled(entry.kind(), entry));
    }

    private Optional<StoredEntry> entry(JournalKind kind, String uuid) {
      return journal().entry(kind, uuid);
    }

    private VolumeFacts unknown(String image, String imageId) {
      VolumeRow row = VolumeRows.ofImage(place, image, imageId);
      return new VolumeFacts(
          null, row, "", "", "", "", Map.of(), ImageFacts.of(place, imageId).orElse(null));
    }

    private VolumeFacts facts(
        JournalKind kind, VolumeRow row, Optional<StoredName> key, Optional<StoredEntry> entry) {
      Optional<ImageFacts> image =
          row.imageId().isEmpty() ? Optional.empty() : ImageFacts.of(place, row.imageId());
      return new VolumeFacts(
          kind,
          row,
          key.map(StoredName::directory).orElse(""),
          key.map(StoredName::key).orElse(""),
          key.map(StoredName::value).orElse(""),
          entry.map(StoredEntry::object).orElse(""),
          Concealed.of(entry.map(StoredEntry::keys).orElse(Map.of())),
          image.orElse(null));
    }
  }
}
