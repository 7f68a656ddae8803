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

  private final MemoryCluster cluster;
  private final MemoryOperations operations;
  private final StoredImage stored;
  private final boolean readOnly;
  private final Watcher self;
  private Optional<StoredSnapshot> shown = Optional.empty();

  MemoryImage(MemoryCluster cluster, StoredImage stored, boolean readOnly, Set<MemoryHandle> open) {
    super(open, "image " + stored.id());
    this.cluster = cluster;
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
    requireOpen();
    return shown.map(StoredSnapshot::sizeBytes).orElseGet(stored::sizeBytes);
  }

  @Override
  public void show(long snapshotId) {
    String action = "show snapshot " + snapshotId;
    shown =
        operations.read(
            action,
            () ->
                Optional.of(
                    stored()
                        .snapshot(snapshotId)
                        .orElseThrow(() -> new CephException(Errno.ENOENT, action))));
  }

  private StoredData data() {
    requireOpen();
    return shown.map(StoredSnapshot::data).orElseGet(stored::data);
  }

  @Override
  public Optional<ParentLink> parentLink() {
    StoredImage image = stored();
    boolean flat = shown.map(s -> !image.needsParent(s)).orElseGet(image::flat);
    return flat ? Optional.empty() : cluster.link(image);
  }

  @Override
  public List<ChildImage> children() {
    return operations.read(
        "list clones of " + stored().id(), () -> cluster.children(shown.orElseThrow()));
  }

  @Override
  public long overlapBytes() {
    return data().overlapBytes();
  }

  @Override
  public Extents allocated(long offset, long length) {
    return operations.read("list data of " + stored().id(), () -> data().allocated(offset, length));
  }

  /**
   * A snapshot that is gone looks as if nothing had been written since, as it may on a real Ceph.
   */
  @Override
  public Extents touched(long otherSnapshotId, Extents within) {
    return operations.read(
        "compare with snapshot " + otherSnapshotId,
        () ->
            stored()
                .snapshot(otherSnapshotId)
                .map(other -> data().touched(other.data(), within))
                .orElse(Extents.NONE));
  }

  @Override
  public void read(long offset, byte[] into) {
    if (offset + into.length > sizeBytes()) {
      throw new CephException(Errno.EIO, "read behind the end of " + stored().id());
    }
    operations.read("read " + stored().id(), () -> readNow(offset, into));
  }

  private boolean readNow(long offset, byte[] into) {
    data().read(offset, into);
    return true;
  }

  @Override
  public void write(long offset, byte[] data) {
    change("write " + stored().id(), () -> stored().data().write(offset, data));
  }

  @Override
  public void discard(long offset, long length) {
    change(
        "discard " + stored().id(),
        () -> stored().data().write(offset, new byte[Math.toIntExact(length)]));
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
    return stored().flat() && stored().origin().isPresent() ? Optional.empty() : stored().parent();
  }

  @Override
  public List<Watcher> watchers() {
    return operations.read("list watchers of " + stored().id(), () -> stored().watchers());
  }

  @Override
  public boolean mirrored() {
    return operations.read("see the mirroring of " + stored().id(), () -> stored().mirrored());
  }

  @Override
  public boolean secondary() {
    return operations.read("see the mirroring of " + stored().id(), () -> stored().secondary());
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
  public void removeSnapshot(long id) {
    change("remove snapshot " + id, () -> stored().removeSnapshot(id));
  }

  @Override
  public List<ImageSnapshot> snapshots() {
    return stored().snapshots();
  }

  @Override
  public Optional<ImageSnapshot> groupSnapshot(String group, String snapshot) {
    return stored().groupSnapshot(StoredGroup.nameOn(group, snapshot));
  }

  @Override
  public void flatten() {
    change(
        "flatten image " + stored().id(),
        () -> {
          if (parent().isEmpty()) {
            throw new CephException(Errno.EINVAL, "flatten image " + stored().id());
          }
          stored().flatten();
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
    if (readOnly || stored().secondary()) {
      throw new CephException(Errno.EROFS, action);
    }
    change.run();
    return true;
  }
}
