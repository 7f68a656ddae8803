package io.cephcsi.ceph;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** A snapshot in a {@link MemoryCluster}, and how many clones it has. */
final class StoredSnapshot {
  private static final AtomicLong IDS = new AtomicLong(3);

  private final long id = IDS.incrementAndGet();
  private final Instant createdAt = Instant.now();
  private final StoredImage image;
  private final String name;
  private final long sizeBytes;
  private final StoredData data;
  private final boolean ofGroup;
  private boolean inTrash;
  private int clones;

  StoredSnapshot(StoredImage image, String name, boolean ofGroup, StoredData data) {
    this.image = image;
    this.name = name;
    this.ofGroup = ofGroup;
    this.sizeBytes = image.sizeBytes();
    this.data = data;
  }

  StoredData data() {
    return data;
  }

  boolean isOfGroup(String nameOnImage) {
    return ofGroup && name.equals(nameOnImage);
  }

  /** Whether it is found by its name. */
  boolean isUser() {
    return !inTrash && !ofGroup;
  }

  String name() {
    return name;
  }

  long id() {
    return id;
  }

  long sizeBytes() {
    return sizeBytes;
  }

  StoredImage image() {
    return image;
  }

  /** Whether it is gone, or its image cannot be opened. */
  boolean isLost() {
    return !image.has(this) || image.isLost();
  }

  boolean inTrash() {
    return inTrash;
  }

  boolean hasClones() {
    return clones > 0;
  }

  void trash() {
    inTrash = true;
  }

  void addClone() {
    clones++;
  }

  void uncountClone() {
    clones--;
  }

  SnapshotHeader header() {
    return new SnapshotHeader(shown(), clones);
  }

  ImageSnapshot shown() {
    var named = ofGroup ? ImageSnapshot.Kind.GROUP : ImageSnapshot.Kind.USER;
    var kind = inTrash ? ImageSnapshot.Kind.TRASH : named;
    return new ImageSnapshot(id, name, sizeBytes, kind, createdAt);
  }
}
