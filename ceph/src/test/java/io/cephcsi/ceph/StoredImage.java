package io.cephcsi.ceph;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
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
  private boolean mirrored;
  private boolean secondary;
  private Optional<ParentImage> parent = Optional.empty();
  private final List<StoredSnapshot> snapshots = new ArrayList<>();
  private Optional<StoredSnapshot> origin = Optional.empty();
  private boolean letGo;
  private Optional<StoredGroup> group = Optional.empty();
  private StoredData data = new StoredData(Optional.empty());

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

  /** Lets it be mirrored. */
  public synchronized void mirror() {
    mirrored = true;
  }

  /** Lets it be the copy of an image in another cluster. */
  public synchronized void mirrorFromElsewhere() {
    mirrored = true;
    secondary = true;
  }

  synchronized boolean secondary() {
    return secondary;
  }

  synchronized boolean mirrored() {
    return mirrored;
  }

  /** Makes it a clone. */
  public synchronized void cloneOf(ParentImage image) {
    parent = Optional.of(image);
  }

  long features() {
    return options.features();
  }

  Instant createdAt() {
    return createdAt;
  }

  synchronized void resize(long newSizeBytes) {
    sizeBytes = newSizeBytes;
    data = data.resized(newSizeBytes);
  }

  /** What it came from, until neither it nor a snapshot of it has anything from there. */
  synchronized Optional<ParentImage> parent() {
    return parent;
  }

  /** Snapshots hinder the removal; of those without a name, the ones that clones keep. */
  synchronized boolean hasSnapshots() {
    return snapshots.stream().anyMatch(s -> !s.inTrash() || s.hasClones());
  }

  /** The snapshots now. */
  public synchronized List<ImageSnapshot> snapshots() {
    return snapshots.stream().map(StoredSnapshot::shown).toList();
  }

  synchronized void createSnapshot(String name) {
    if (user(name).isPresent()) {
      throw new CephException(Errno.EEXIST, "create snapshot " + name);
    }
    snapshots.add(new StoredSnapshot(this, name, false, data.copy()));
  }

  /**
   * Makes it a member; of one group at most.
   *
   * @return false when it is in another one
   */
  synchronized boolean join(StoredGroup joined) {
    group = group.or(() -> Optional.of(joined));
    return group.orElseThrow().equals(joined);
  }

  synchronized void leaveGroup() {
    group = Optional.empty();
  }

  synchronized void createGroupSnapshot(String name) {
    snapshots.add(new StoredSnapshot(this, name, true, data.copy()));
  }

  synchronized void removeGroupSnapshot(String name) {
    snapshots.removeIf(s -> s.isOfGroup(name));
  }

  synchronized Optional<ImageSnapshot> groupSnapshot(String name) {
    return snapshots.stream().filter(s -> s.isOfGroup(name)).findFirst().map(StoredSnapshot::shown);
  }

  synchronized StoredData data() {
    return data;
  }

  /** Any snapshot, by its id. */
  synchronized Optional<StoredSnapshot> snapshot(long snapshotId) {
    return snapshots.stream().filter(s -> s.id() == snapshotId).findFirst();
  }

  synchronized List<SnapshotHeader> headers(Collection<Long> ids) {
    return ids.stream().flatMap(id -> snapshot(id).stream()).map(StoredSnapshot::header).toList();
  }

  synchronized void removeSnapshot(String name) {
    remove(
        user(name).orElseThrow(() -> new CephException(Errno.ENOENT, "remove snapshot " + name)));
  }

  synchronized void removeSnapshot(long snapshotId) {
    String action = "remove snapshot " + snapshotId;
    StoredSnapshot snapshot =
        snapshot(snapshotId).orElseThrow(() -> new CephException(Errno.ENOENT, action));
    if (snapshot.inTrash() && snapshot.hasClones()) {
      throw new CephException(Errno.EBUSY, action);
    }
    remove(snapshot);
  }

  private void remove(StoredSnapshot snapshot) {
    snapshot.trash();
    forget(snapshot);
  }

  /** The snapshot that still has its name. */
  synchronized Optional<StoredSnapshot> user(String name) {
    return snapshots.stream().filter(s -> s.isUser() && s.name().equals(name)).findFirst();
  }

  /** Drops a snapshot that nobody needs any more. */
  synchronized void forget(StoredSnapshot snapshot) {
    if (snapshot.inTrash() && !snapshot.hasClones()) {
      snapshots.remove(snapshot);
      if (origin.isPresent() && flat() && !snapshotsNeedParent()) {
        leaveParent();
      }
    }
  }

  /** Makes it a clone of the snapshot. */
  synchronized void bornOf(StoredSnapshot snapshot) {
    origin = Optional.of(snapshot);
    data = new StoredData(origin);
    snapshot.addClone();
  }

  /** Copies what its parent has; without deep-flatten, its snapshots hang on that as before. */
  synchronized void flatten() {
    data = data.flattened();
    if (Feature.DEEP_FLATTEN.in(features()) || !snapshotsNeedParent()) {
      leaveParent();
    }
  }

  /** Whether it has nothing from its parent any more, though its snapshots may. */
  synchronized boolean flat() {
    return origin.isEmpty() || !data.isOf(origin.get());
  }

  /** Whether the snapshot has something from its parent. */
  synchronized boolean needsParent(StoredSnapshot snapshot) {
    return origin.filter(parent -> snapshot.data().isOf(parent)).isPresent();
  }

  private boolean snapshotsNeedParent() {
    return snapshots.stream().anyMatch(this::needsParent);
  }

  /** Lets its parent go, by flattening or when it is removed. */
  synchronized void leaveParent() {
    if (!letGo) {
      origin.ifPresent(StoredSnapshot::uncountClone);
    }
    origin.ifPresent(snapshot -> snapshot.image().forget(snapshot));
    origin = Optional.empty();
    parent = Optional.empty();
  }

  /**
   * Leaves it as a flattening that is stopped amid its last steps: it has all data, its parent's
   * snapshot knows it no more, and its header names that still.
   *
   * @param snapshotGone whether the snapshot that nobody needed any more was removed
   */
  public synchronized void stopFlattening(boolean snapshotGone) {
    data = data.flattened(origin);
    origin.ifPresent(StoredSnapshot::uncountClone);
    letGo = true;
    if (snapshotGone) {
      origin.ifPresent(snapshot -> snapshot.image().forget(snapshot));
    }
  }

  /** As the header's own part of {@link #leaveParent}. */
  synchronized boolean leave() {
    data = data.flattened();
    origin = Optional.empty();
    parent = Optional.empty();
    return true;
  }

  /** Whether it, or what it comes from, names a snapshot that is gone. */
  synchronized boolean isLost() {
    return !flat() && origin.filter(StoredSnapshot::isLost).isPresent();
  }

  synchronized boolean has(StoredSnapshot snapshot) {
    return snapshots.contains(snapshot);
  }

  synchronized Optional<StoredSnapshot> origin() {
    return origin;
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
