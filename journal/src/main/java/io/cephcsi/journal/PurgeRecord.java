package io.cephcsi.journal;

import io.cephcsi.ceph.OmapStore;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/**
 * What remembers a deleted image until it is purged: our own key in the directory, which takes the
 * place of the name's in the same operation, and the object of the UUID. ceph-csi reads neither.
 *
 * @param directory the object with the key
 * @param key {@code cephcsi.discarded.<uuid>}, or {@code cephcsi.discarded.image.<id>} for an image
 *     that no journal knows
 * @param object the UUID's; empty when there is none
 */
public record PurgeRecord(String directory, String key, String object) {
  static final String PREFIX = "cephcsi.discarded.";

  /** Behind all keys with the prefix. */
  private static final String PREFIX_END = "cephcsi.discarded/";

  private static final String IMAGE = "image.";
  private static final int PAGE = 500;

  /** Of an image and its UUID. */
  static PurgeRecord of(String directory, String uuid, String object) {
    return new PurgeRecord(directory, PREFIX + uuid, object);
  }

  /** Of an image alone. */
  static PurgeRecord ofImage(String directory, String imageId) {
    return new PurgeRecord(directory, PREFIX + IMAGE + imageId, "");
  }

  /** What a record says of the images: their ids in the order of purging, and the first's name. */
  public record Images(String name, List<String> ids) {
    public Images {
      ids = List.copyOf(ids);
    }

    String text() {
      return String.join(",", ids) + " " + name;
    }

    static Images of(String text) {
      String[] parts = text.split(" ", 2);
      List<String> ids = List.of(parts[0].split(","));
      return new Images(
          parts.length > 1 ? parts[1] : "", ids.stream().filter(id -> !id.isEmpty()).toList());
    }
  }

  /** All records in a directory; it has none of those of an instance with another directory. */
  static Map<PurgeRecord, Images> all(OmapStore store, String directory, String objectPrefix) {
    Map<PurgeRecord, Images> records = new LinkedHashMap<>();
    for (SortedMap<String, String> page = page(store, directory, PREFIX);
        !page.isEmpty();
        page = page(store, directory, page.lastKey())) {
      page.forEach((key, text) -> records.put(read(directory, key, objectPrefix), Images.of(text)));
    }
    return records;
  }

  /** Ends where the keys of others begin: all of ours stand together. */
  private static SortedMap<String, String> page(OmapStore store, String directory, String after) {
    SortedMap<String, String> page = store.list(directory, after, PAGE);
    return page.headMap(PREFIX_END);
  }

  private static PurgeRecord read(String directory, String key, String objectPrefix) {
    String what = key.substring(PREFIX.length());
    return new PurgeRecord(directory, key, what.startsWith(IMAGE) ? "" : objectPrefix + what);
  }

  /** Forgets it, when the images are gone. The key last: the object alone is found by nobody. */
  public void forget(OmapStore store) {
    if (!object.isEmpty()) {
      store.remove(object);
    }
    store.removeKeys(directory, Set.of(key));
  }
}
