package io.cephcsi.ceph;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** An open image of a {@link MemoryCluster}. */
public final class MemoryImage extends MemoryHandle implements Image {
  private static final AtomicLong COOKIES = new AtomicLong(94_000_000_000L);

  private final MemoryOperations operations;
  private final StoredImage stored;
  private final boolean readOnly;
  private final Watcher self;

  MemoryImage(MemoryCluster cluster, StoredImage stored, boolean readOnly, Set<MemoryHandle> open) {
    super(open, "image " + stored.id());
    this.operations = cluster.operations();
    this.stored = stored;
    this.readOnly = readOnly;
    this.self = new Watcher(cluster.clientAddresses(), 1, COOKIES.incrementAndGet());
    if (!readOnly) {
      stored.add(self);
    }
  }

  @Override
  void closed() {
    stored.remove(self);
  }

  @Override
  public String id() {
    return stored().id();
  }

  @Override
  public long sizeBytes() {
    return stored().sizeBytes();
  }

  @Override
  public long features() {
    return stored().features();
  }

  @Override
  public void resize(long sizeBytes) {
    change("resize image " + stored().id(), () -> stored().resize(sizeBytes));
  }

  @Override
  public Optional<ParentImage> parent() {
    return stored().parent();
  }

  @Override
  public List<Watcher> watchers() {
    return operations.read("list watchers of " + stored().id(), () -> stored().watchers());
  }

  @Override
  public Map<String, String> metadata() {
    return operations.read("list metadata of " + stored().id(), () -> stored().metadata());
  }

  @Override
  public void putMetadata(String key, String value) {
    change("set metadata " + key, () -> stored().putMetadata(key, value));
  }

  @Override
  public void removeMetadata(String key) {
    change("remove metadata " + key, () -> stored().removeMetadata(key));
  }

  @Override
  public void createSnapshot(String name) {
    change("create snapshot " + name, () -> stored().createSnapshot(name));
  }

  @Override
  public void removeSnapshot(String name) {
    change("remove snapshot " + name, () -> stored().removeSnapshot(name));
  }

  @Override
  public List<ImageSnapshot> snapshots() {
    return stored().snapshots();
  }

  @Override
  public void flatten() {
    change(
        "flatten image " + stored().id(),
        () -> {
          if (stored().parent().isEmpty() && stored().origin().isEmpty()) {
            throw new CephException(Errno.EINVAL, "flatten image " + stored().id());
          }
          stored().leaveParent();
        });
  }

  @Override
  public Instant createdAt() {
    return stored().createdAt();
  }

  private StoredImage stored() {
    requireOpen();
    return stored;
  }

  private void change(String action, Runnable change) {
    operations.write(action, () -> apply(action, change));
  }

  private boolean apply(String action, Runnable change) {
    if (readOnly) {
      throw new CephException(Errno.EROFS, action);
    }
    change.run();
    return true;
  }
}
