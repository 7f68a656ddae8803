package io.cephcsi.ceph;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** An image in a {@link MemoryCluster}, and what a test can make of it. */
public final class StoredImage {
  private final String id;
  private final ImageOptions options;
  private final Instant createdAt = Instant.now();
  private final TreeMap<String, String> metadata = new TreeMap<>();
  private final List<Watcher> watchers = new ArrayList<>();
  private long sizeBytes;
  private Optional<ParentImage> parent = Optional.empty();
  private boolean snapshots;

  StoredImage(String id, long sizeBytes, ImageOptions options) {
    this.id = id;
    this.sizeBytes = sizeBytes;
    this.options = options;
  }

  /** The image's id. */
  public String id() {
    return id;
  }

  /** How it was made. */
  public ImageOptions options() {
    return options;
  }

  /** The size in bytes. */
  public synchronized long sizeBytes() {
    return sizeBytes;
  }

  /** The metadata now. */
  public synchronized Map<String, String> metadata() {
    return new TreeMap<>(metadata);
  }

  /** Lets a client have the image open, for instance a node that mapped it. */
  public synchronized void addWatcher(String address) {
    long number = watchers.size() + 4100L;
    watchers.add(new Watcher(address, number, number));
  }

  /** Lets all clients of that address go. */
  public synchronized void removeWatcher(String address) {
    watchers.removeIf(w -> w.address().equals(address));
  }

  /** Makes it a clone. */
  public synchronized void cloneOf(ParentImage image) {
    parent = Optional.of(image);
  }

  /** Whether it has snapshots, which hinder its removal. */
  public synchronized void snapshots(boolean some) {
    snapshots = some;
  }

  long features() {
    return options.features();
  }

  Instant createdAt() {
    return createdAt;
  }

  synchronized void resize(long newSizeBytes) {
    sizeBytes = newSizeBytes;
  }

  synchronized Optional<ParentImage> parent() {
    return parent;
  }

  synchronized boolean hasSnapshots() {
    return snapshots;
  }

  synchronized List<Watcher> watchers() {
    return List.copyOf(watchers);
  }

  synchronized void add(Watcher watcher) {
    watchers.add(watcher);
  }

  synchronized void remove(Watcher watcher) {
    watchers.remove(watcher);
  }

  synchronized void putMetadata(String key, String value) {
    metadata.put(key, value);
  }

  synchronized void removeMetadata(String key) {
    metadata.remove(key);
  }
}
