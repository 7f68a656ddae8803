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
  private boolean inTrash;
  private int clones;

  StoredSnapshot(StoredImage image, String name, long sizeBytes) {
    this.image = image;
    this.name = name;
    this.sizeBytes = sizeBytes;
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

  void removeClone() {
    clones--;
    image.forget(this);
  }

  ImageSnapshot shown() {
    var kind = inTrash ? ImageSnapshot.Kind.TRASH : ImageSnapshot.Kind.USER;
    return new ImageSnapshot(id, name, sizeBytes, kind, createdAt);
  }
}
