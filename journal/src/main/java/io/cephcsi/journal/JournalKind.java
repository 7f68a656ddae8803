package io.cephcsi.journal;

import java.util.Optional;
import java.util.regex.Pattern;

/** What a pool's journal is of, by how its objects and keys are called. */
public enum JournalKind {
  VOLUMES("csi.volumes.", "csi.volume.", "csi.volname", "csi-vol-"),
  SNAPSHOTS("csi.snaps.", "csi.snap.", "csi.snapname", "csi-snap-");

  private static final Pattern UUID =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private final String directoryPrefix;
  private final String prefix;
  private final String requestNameKey;
  private final String imagePrefix;

  JournalKind(String directoryPrefix, String prefix, String requestNameKey, String imagePrefix) {
    this.directoryPrefix = directoryPrefix;
    this.prefix = prefix;
    this.requestNameKey = requestNameKey;
    this.imagePrefix = imagePrefix;
  }

  /** The directory's object of a driver's instance. */
  public String directory(String instanceId) {
    return directoryPrefix + instanceId;
  }

  /** Whether it is a directory of any instance. */
  public boolean isDirectory(String object) {
    return object.startsWith(directoryPrefix);
  }

  /** A name's key in a directory. */
  public String key(String name) {
    return prefix + name;
  }

  /** The object of a UUID. */
  public String object(String uuid) {
    return prefix + uuid;
  }

  /** The UUID that an object is of; empty for any other object. */
  public Optional<String> uuidOfObject(String object) {
    return object.startsWith(prefix)
        ? Optional.of(object.substring(prefix.length())).filter(u -> UUID.matcher(u).matches())
        : Optional.empty();
  }

  /** The UUID in the name of an image that a driver without a prefix of its own has made. */
  public Optional<String> uuidOfImage(String image) {
    return image.startsWith(imagePrefix)
        ? Optional.of(image.substring(imagePrefix.length())).filter(u -> UUID.matcher(u).matches())
        : Optional.empty();
  }

  /** The image of a UUID where its object names none. */
  String defaultImage(String uuid) {
    return imagePrefix + uuid;
  }

  /** In a UUID's object: the name that owns it. */
  String requestNameKey() {
    return requestNameKey;
  }

  String prefix() {
    return prefix;
  }
}
