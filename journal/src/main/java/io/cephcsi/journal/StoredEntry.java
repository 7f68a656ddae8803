package io.cephcsi.journal;

import java.time.Instant;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * A UUID's object as it is stored, whole or not.
 *
 * @param keys all of the object's keys
 * @param changedAt when it was written last
 */
public record StoredEntry(
    JournalKind kind, String uuid, Map<String, String> keys, Instant changedAt) {
  public StoredEntry {
    keys = Map.copyOf(keys);
  }

  /** What an object says when it is made anew for a whole image. */
  public static Map<String, String> anew(
      JournalKind kind, String name, String image, String imageId) {
    return Map.of(
        kind.requestNameKey(), name, Directory.IMAGE_NAME, image, Directory.IMAGE_ID, imageId);
  }

  /** As the other one, of a subvolume, which has no id but its name. */
  public static Map<String, String> anew(JournalKind kind, String name, String subvolume) {
    return Map.of(kind.requestNameKey(), name, Directory.IMAGE_NAME, subvolume);
  }

  public String object() {
    return kind.object(uuid);
  }

  /** The name that owns it; empty when it does not say. */
  public String requestName() {
    return keys.getOrDefault(kind.requestNameKey(), "");
  }

  public String imageName() {
    return keys.getOrDefault(Directory.IMAGE_NAME, kind.defaultImage(uuid));
  }

  /** The image's id; empty until the image was whole. */
  public String imageId() {
    return keys.getOrDefault(Directory.IMAGE_ID, "");
  }

  /** Whether the deletion has begun. */
  public boolean discarded() {
    return keys.containsKey(Directory.DISCARDED);
  }

  /** Whether a snapshot was answered whose image may still lack its own snapshot. */
  public boolean unfinished() {
    return keys.containsKey(Directory.UNFINISHED);
  }

  /** The pool with the name's directory, when that is another one. */
  public OptionalLong journalPool() {
    return Directory.journalPool(keys);
  }

  /** What is so as long as nobody has finished it, taken it over or begun to delete it. */
  public Map<String, String> unchanged() {
    Map<String, String> expected = new TreeMap<>(keys);
    for (String key : Directory.PROGRESS) {
      expected.putIfAbsent(key, "");
    }
    return expected;
  }
}
