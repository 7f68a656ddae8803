package io.cephcsi.ceph;

import com.google.errorprone.annotations.MustBeClosed;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A pool on a real cluster: one io context and what works on it. */
final class RadosPool implements Pool {
  /** {@code rbd_image_spec_t}: id and name. */
  private static final int IMAGE_BYTES = 16;

  private final IoContext io;
  private final String name;
  private final String namespace;
  private final RadosOmaps omaps;
  private final RadosObjects objects;
  private final RbdHeaders headers;
  private final RbdDirectory directory;
  private final RbdSnapshots snapshots;
  private final RbdTrash trash;
  private final RbdGroups groups;

  @MustBeClosed
  RadosPool(IoContext io, String name, String namespace) {
    this.io = io;
    this.name = name;
    this.namespace = namespace;
    omaps = new RadosOmaps(io);
    objects = new RadosObjects(io);
    headers = new RbdHeaders(io);
    directory = new RbdDirectory(io);
    snapshots = new RbdSnapshots(io);
    trash = new RbdTrash(io, headers);
    groups = new RbdGroups(io);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long id() {
    return io.poolId();
  }

  @Override
  public String namespace() {
    return namespace;
  }

  @Override
  public Map<String, String> get(String object, Set<String> keys) {
    return omaps.get(object, keys);
  }

  @Override
  public SortedMap<String, String> list(String object, String after, int most) {
    return omaps.list(object, after, most);
  }

  @Override
  public boolean create(String object, Map<String, String> entries) {
    return omaps.create(object, entries);
  }

  @Override
  public boolean update(String object, Map<String, String> entries) {
    return omaps.update(object, entries);
  }

  @Override
  public CompletableFuture<Boolean> updateAsync(String object, Map<String, String> entries) {
    return omaps.updateAsync(object, entries);
  }

  @Override
  public boolean compareAndPut(String object, String key, String expected, String value) {
    return omaps.compareAndPut(object, key, expected, value);
  }

  @Override
  public boolean compareAndUpdate(
      String object, Map<String, String> expected, Map<String, String> set, Set<String> removed) {
    return omaps.compareAndUpdate(object, expected, set, removed);
  }

  @Override
  public boolean compareAndRemoveKey(String object, String key, String expected) {
    return omaps.compareAndRemoveKey(object, key, expected);
  }

  @Override
  public void removeKeys(String object, Set<String> keys) {
    omaps.removeKeys(object, keys);
  }

  @Override
  public Optional<Instant> changedAt(String object) {
    return omaps.changedAt(object);
  }

  @Override
  public void forEachObject(Consumer<String> name) {
    omaps.forEachObject(name);
  }

  @Override
  public void remove(String object) {
    omaps.remove(object);
  }

  @Override
  public Optional<VersionedObject> readObject(String object, int most, Set<String> keys) {
    return objects.read(object, most, keys);
  }

  @Override
  public boolean createObject(
      String object, String attribute, byte[] value, byte[] data, Map<String, String> entries) {
    return objects.create(object, attribute, value, data, entries);
  }

  @Override
  public boolean replaceObject(
      String object, long version, byte[] data, Map<String, String> set, Set<String> removed) {
    return objects.replace(object, version, data, set, removed);
  }

  @Override
  public boolean removeObject(String object, long version) {
    return objects.remove(object, version);
  }

  @Override
  public void createImage(String image, long sizeBytes, ImageOptions options) {
    RbdImageCreation.create(io, image, sizeBytes, options);
  }

  @Override
  public Optional<String> imageId(String image) {
    return headers.id(image);
  }

  @Override
  public Map<String, String> imageIds(Collection<String> images) {
    return directory.ids(images);
  }

  @Override
  public Optional<ImageHeader> imageHeader(String imageId) {
    return headers.header(imageId);
  }

  @Override
  public boolean imageWatched(String imageId) {
    return headers.watchers(imageId) > 0;
  }

  @Override
  public int imageWatchers(String imageId) {
    return headers.watchers(imageId);
  }

  @Override
  public Optional<ImageState> imageState(String imageId) {
    return headers.state(imageId);
  }

  @Override
  public List<SnapshotHeader> snapshotHeaders(String imageId, Collection<Long> snapshotIds) {
    return snapshots.headers(imageId, snapshotIds);
  }

  @Override
  public void addSnapshot(String imageId, String snapshot) {
    snapshots.add(imageId, snapshot);
    var _ = headers.watchers(imageId); // who has it open reads the header again
  }

  @Override
  public void takeSnapshotName(String imageId, long snapshotId) {
    snapshots.takeName(imageId, snapshotId);
  }

  @Override
  public void changeImageMetadata(String imageId, Set<String> removed, Map<String, String> set) {
    headers.changeMetadata(imageId, removed, set);
  }

  @Override
  public void cloneImage(
      Pool parent, String parentImage, String snapshot, String image, ImageOptions options) {
    RbdImageCreation.clone(ioOf(parent), parentImage, snapshot, io, image, options);
  }

  static IoContext ioOf(Pool pool) {
    if (pool instanceof RadosPool rados) {
      return rados.io;
    }
    throw new IllegalArgumentException("pool " + pool.name() + " is on another kind of cluster");
  }

  @Override
  public void createGroup(String group) {
    groups.create(group);
  }

  @Override
  public List<String> groups() {
    return groups.list();
  }

  @Override
  public void addToGroup(String group, Pool imagePool, String image) {
    groups.add(group, ioOf(imagePool), image);
  }

  @Override
  public void createGroupSnapshot(String group, String snapshot) {
    groups.createSnapshot(group, snapshot);
  }

  @Override
  public List<GroupSnapshot> groupSnapshots(String group) {
    return groups.snapshots(group);
  }

  @Override
  public void removeGroupSnapshot(String group, String snapshot) {
    groups.removeSnapshot(group, snapshot);
  }

  @Override
  public void removeGroup(String group) {
    groups.remove(group);
  }

  @Override
  public Optional<Long> imageDataPool(String imageId) {
    return headers.dataPool(imageId);
  }

  @Override
  public Optional<ParentLink> imageParent(String imageId) {
    return headers.parent(imageId, RbdHeaders.HEAD);
  }

  @Override
  public void leaveParent(String imageId) {
    headers.leaveParent(imageId);
    var _ = headers.watchers(imageId); // who has it open reads the header again
  }

  @Override
  public Optional<ParentLink> snapshotParent(String imageId, long snapshotId) {
    return headers.parent(imageId, snapshotId);
  }

  @Override
  @MustBeClosed
  public Image openImage(String image) {
    return RbdImage.open(io, image, LibRbd::rbd_open);
  }

  @Override
  @MustBeClosed
  public Image openImageById(String imageId) {
    return RbdImage.open(io, imageId, LibRbd::rbd_open_by_id);
  }

  @Override
  @MustBeClosed
  public Image openImageReadOnly(String image) {
    return RbdImage.open(io, image, LibRbd::rbd_open_read_only);
  }

  @Override
  @MustBeClosed
  public Image openImageByIdReadOnly(String imageId) {
    return RbdImage.open(io, imageId, LibRbd::rbd_open_by_id_read_only);
  }

  @Override
  public void removeImage(String image) {
    io.check(LibRbd.rbd_remove(io.pointer(), image), "remove image " + image);
  }

  @Override
  public Map<String, String> images() {
    var ids = new HashMap<String, String>();
    StructList.read(
            IMAGE_BYTES,
            "list images",
            (array, count) -> io.noted(LibRbd.rbd_list2(io.pointer(), array, count)),
            i -> Map.entry(StructList.text(i, 8), StructList.text(i, 0)),
            LibRbd::rbd_image_spec_list_cleanup)
        .forEach(e -> ids.put(e.getKey(), e.getValue()));
    return ids;
  }

  @Override
  public void trashMove(String image, Duration keep) {
    trash.move(image, keep);
  }

  @Override
  public Optional<TrashEntry> trashEntry(String imageId) {
    return trash.entry(imageId);
  }

  @Override
  public List<TrashEntry> trashEntries() {
    return trash.entries();
  }

  @Override
  public void trashRemove(String imageId) {
    trash.remove(imageId);
  }

  @Override
  public void trashRestore(String imageId, String name) {
    trash.restore(imageId, name);
  }

  @Override
  public void close() {
    io.close();
  }
}
