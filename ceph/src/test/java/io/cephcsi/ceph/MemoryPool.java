package io.cephcsi.ceph;

import com.google.errorprone.annotations.MustBeClosed;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * An open pool of a {@link MemoryCluster}; {@code PoolContract} holds it to what a real one does.
 */
public final class MemoryPool extends MemoryHandle implements Pool {
  private static final AtomicLong IMAGE_IDS = new AtomicLong(0x1000_0000L);

  private static final AtomicLong VERSIONS = new AtomicLong();

  private final MemoryCluster cluster;
  private final StoredPool pool;
  private final String namespace;

  MemoryPool(MemoryCluster cluster, StoredPool pool, String namespace, Set<MemoryHandle> open) {
    super(open, "pool " + pool.name());
    this.cluster = cluster;
    this.pool = pool;
    this.namespace = namespace;
  }

  /** The image of that name, for a test to look at and to change behind the driver's back. */
  public Optional<StoredImage> stored(String image) {
    synchronized (cluster.operations()) {
      var content = pool.content(namespace);
      return Optional.ofNullable(content.names.get(image)).map(content.images::get);
    }
  }

  /** The image of that id, also one in the trash. */
  public Optional<StoredImage> storedById(String imageId) {
    synchronized (cluster.operations()) {
      return Optional.ofNullable(pool.content(namespace).images.get(imageId));
    }
  }

  /**
   * Leaves of an image only its name and id, as a creation that was stopped amid its steps does.
   */
  public void loseHeader(String image) {
    synchronized (cluster.operations()) {
      var content = pool.content(namespace);
      content.images.remove(content.names.get(image));
    }
  }

  /** The names of all objects that the omap operations made, sorted. */
  public List<String> objects() {
    synchronized (cluster.operations()) {
      return List.copyOf(pool.content(namespace).objects.keySet());
    }
  }

  @Override
  public String name() {
    requireOpen();
    return pool.name();
  }

  @Override
  public long id() {
    requireOpen();
    return pool.id();
  }

  @Override
  public String namespace() {
    requireOpen();
    return namespace;
  }

  @Override
  public Map<String, String> get(String object, Set<String> keys) {
    return read("get " + object, c -> pick(omap(c, object), keys));
  }

  @Override
  public SortedMap<String, String> list(String object, String after, int most) {
    return read("list " + object, c -> page(omap(c, object), after, most));
  }

  @Override
  public boolean create(String object, Map<String, String> entries) {
    return write(
        "create " + object,
        c -> changed(c, object, c.objects.putIfAbsent(object, new TreeMap<>(entries)) == null));
  }

  @Override
  public boolean update(String object, Map<String, String> entries) {
    return write("update " + object, c -> changed(c, object, update(c, object, entries)));
  }

  @Override
  public CompletableFuture<Boolean> updateAsync(String object, Map<String, String> entries) {
    try {
      return CompletableFuture.completedFuture(update(object, entries));
    } catch (CephException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public boolean compareAndPut(String object, String key, String expected, String value) {
    return write(
        "compare and put " + object,
        c -> changed(c, object, compareAndPut(c, object, key, expected, value)));
  }

  @Override
  public boolean compareAndUpdate(
      String object, Map<String, String> expected, Map<String, String> set, Set<String> removed) {
    return write(
        "compare and update " + object, c -> compareAndUpdate(c, object, expected, set, removed));
  }

  private static boolean compareAndUpdate(
      StoredPool.Content content,
      String object,
      Map<String, String> expected,
      Map<String, String> set,
      Set<String> removed) {
    NavigableMap<String, String> omap = omap(content, object);
    boolean asExpected =
        expected.entrySet().stream()
            .allMatch(e -> omap.getOrDefault(e.getKey(), "").equals(e.getValue()));
    if (!content.objects.containsKey(object) || !asExpected) {
      return false;
    }
    omap.putAll(set);
    omap.keySet().removeAll(removed);
    return true;
  }

  @Override
  public boolean compareAndRemoveKey(String object, String key, String expected) {
    if (expected.isEmpty()) {
      throw new IllegalArgumentException("a missing key cannot be removed");
    }
    return write(
        "compare and remove key " + object,
        c -> changed(c, object, omap(c, object).remove(key, expected)));
  }

  @Override
  public void removeKeys(String object, Set<String> keys) {
    write(
        "remove keys " + object, c -> changed(c, object, omap(c, object).keySet().removeAll(keys)));
  }

  @Override
  public Optional<Instant> changedAt(String object) {
    return read(
        "stat " + object,
        c ->
            c.objects.containsKey(object)
                ? Optional.of(c.changed.getOrDefault(object, Instant.EPOCH))
                : Optional.empty());
  }

  @Override
  public void forEachObject(Consumer<String> name) {
    read(
            "list objects",
            c ->
                namespace.equals(ALL_NAMESPACES)
                    ? pool.objectsOfAll()
                    : List.copyOf(c.objects.keySet()))
        .forEach(name);
  }

  /** Lets an object look as if nobody had written it since then. */
  public void age(String object, Instant changedAt) {
    synchronized (cluster.operations()) {
      pool.content(namespace).changed.put(object, changedAt);
    }
  }

  @Override
  public void remove(String object) {
    write("remove " + object, c -> c.objects.remove(object) != null);
  }

  /** What an object has that was made with data, for a test to look at. */
  public Optional<VersionedObject> storedObject(String object) {
    synchronized (cluster.operations()) {
      return Optional.ofNullable(pool.content(namespace).versioned.get(object));
    }
  }

  @Override
  public Optional<VersionedObject> readObject(String object, int most, Set<String> keys) {
    return read(
        "read object " + object,
        c ->
            Optional.ofNullable(c.versioned.get(object))
                .map(o ->
                    new VersionedObject(
                        o.version(),
                        o.attributes(),
                        Arrays.copyOf(o.data(), Math.min(most, o.data().length)),
                        pick(omap(c, object), keys))));
  }

  @Override
  public boolean createObject(
      String object, String attribute, byte[] value, byte[] data, Map<String, String> entries) {
    return write(
        "create object " + object,
        c ->
            changed(
                c,
                object,
                c.objects.putIfAbsent(object, new TreeMap<>(entries)) == null
                    && put(c, object, Map.of(attribute, value), data)));
  }

  private static boolean put(
      StoredPool.Content content, String object, Map<String, byte[]> attributes, byte[] data) {
    content.versioned.put(
        object,
        new VersionedObject(VERSIONS.incrementAndGet(), attributes, data.clone(), Map.of()));
    return true;
  }

  @Override
  public boolean replaceObject(
      String object, long version, byte[] data, Map<String, String> set, Set<String> removed) {
    return write(
        "replace object " + object,
        c -> changed(c, object, replace(c, object, version, data, set, removed)));
  }

  private static boolean replace(
      StoredPool.Content content,
      String object,
      long version,
      byte[] data,
      Map<String, String> set,
      Set<String> removed) {
    VersionedObject there = content.versioned.get(object);
    if (there == null || there.version() != version) {
      return false;
    }
    omap(content, object).putAll(set);
    omap(content, object).keySet().removeAll(removed);
    return put(content, object, there.attributes(), data);
  }

  @Override
  public boolean removeObject(String object, long version) {
    return write("remove object " + object, c -> remove(c, object, version));
  }

  private static boolean remove(StoredPool.Content content, String object, long version) {
    VersionedObject there = content.versioned.get(object);
    if (there == null || there.version() != version) {
      return false;
    }
    content.versioned.remove(object);
    content.objects.remove(object);
    return true;
  }

  @Override
  public void createImage(String image, long sizeBytes, ImageOptions options) {
    String action = "create image " + image;
    write(action, c -> createImage(c, action, image, sizeBytes, options));
  }

  @Override
  public Optional<String> imageId(String image) {
    return read("read image id " + image, c -> Optional.ofNullable(c.names.get(image)));
  }

  @Override
  public Map<String, String> imageIds(Collection<String> images) {
    return read("read image ids", c -> pick(c.names, images));
  }

  @Override
  public Optional<ImageHeader> imageHeader(String imageId) {
    return read(
        "read image header " + imageId,
        c -> Optional.ofNullable(c.images.get(imageId)).map(MemoryPool::header));
  }

  @Override
  public Optional<Long> imageDataPool(String imageId) {
    String action = "read data pool of image " + imageId;
    return read(action, c -> cluster.poolId(image(c, imageId, action).options().dataPool()));
  }

  @Override
  public boolean imageWatched(String imageId) {
    String action = "notify image " + imageId;
    return read(action, c -> !image(c, imageId, action).watchers().isEmpty());
  }

  @Override
  public int imageWatchers(String imageId) {
    String action = "count watchers of image " + imageId;
    return read(action, c -> image(c, imageId, action).watchers().size());
  }

  @Override
  public Optional<ImageState> imageState(String imageId) {
    return read(
        "read image state " + imageId,
        c -> Optional.ofNullable(c.images.get(imageId)).map(this::state));
  }

  private ImageState state(StoredImage image) {
    return new ImageState(
        image.sizeBytes(),
        image.features(),
        image.snapshots().stream().map(ImageSnapshot::id).toList(),
        image.createdAt(),
        cluster.link(image).orElse(null));
  }

  @Override
  public List<SnapshotHeader> snapshotHeaders(String imageId, Collection<Long> snapshotIds) {
    return read(
        "read snapshots of image " + imageId,
        c ->
            Optional.ofNullable(c.images.get(imageId))
                .map(image -> image.headers(snapshotIds))
                .orElse(List.of()));
  }

  @Override
  public void addSnapshot(String imageId, String snapshot) {
    String action = "add snapshot %s to image %s".formatted(snapshot, imageId);
    write(
        action,
        c -> {
          image(c, imageId, action).createSnapshot(snapshot);
          return true;
        });
  }

  @Override
  public void takeSnapshotName(String imageId, long snapshotId) {
    String action = "take the name of snapshot %d of image %s".formatted(snapshotId, imageId);
    write(
        action,
        c -> {
          image(c, imageId, action)
              .snapshot(snapshotId)
              .orElseThrow(() -> new CephException(Errno.ENOENT, action))
              .trash();
          return true;
        });
  }

  @Override
  public void changeImageMetadata(String imageId, Set<String> removed, Map<String, String> set) {
    String action = "change metadata of image " + imageId;
    write(action, c -> changeMetadata(image(c, imageId, action), removed, set));
  }

  @Override
  public void cloneImage(
      Pool parent, String parentImage, String snapshot, String image, ImageOptions options) {
    String action = "clone " + parentImage + "@" + snapshot + " to image " + image;
    var from = (MemoryPool) parent;
    write(action, c -> cloneImage(from, parentImage, snapshot, c, action, image, options));
  }

  private boolean cloneImage(
      MemoryPool from,
      String parentImage,
      String snapshot,
      StoredPool.Content content,
      String action,
      String image,
      ImageOptions options) {
    StoredPool.Content source = from.content(action);
    String parentId = Objects.requireNonNullElse(source.names.get(parentImage), "");
    StoredImage parent = image(source, parentId, action);
    StoredSnapshot cut =
        parent.user(snapshot).orElseThrow(() -> new CephException(Errno.ENOENT, action));
    var _ = createImage(content, action, image, cut.sizeBytes(), options);
    StoredImage clone =
        image(content, Objects.requireNonNullElse(content.names.get(image), ""), action);
    clone.bornOf(cut);
    clone.cloneOf(
        new ParentImage(from.name(), from.namespace(), parentImage, parentId, snapshot, false));
    parent.metadata().forEach(clone::putMetadata);
    return true;
  }

  @Override
  public Optional<ParentLink> imageParent(String imageId) {
    return read(
        "read parent of image " + imageId,
        c ->
            Optional.ofNullable(c.images.get(imageId))
                .filter(image -> !image.flat())
                .flatMap(cluster::link));
  }

  @Override
  public void leaveParent(String imageId) {
    String action = "detach image " + imageId + " from its parent";
    write(action, c -> image(c, imageId, action).leave());
  }

  @Override
  public Optional<ParentLink> snapshotParent(String imageId, long snapshotId) {
    return read(
        "read parent of snapshot %d of image %s".formatted(snapshotId, imageId),
        c ->
            Optional.ofNullable(c.images.get(imageId))
                .filter(image -> image.snapshot(snapshotId).filter(image::needsParent).isPresent())
                .flatMap(cluster::link));
  }

  @Override
  @MustBeClosed
  public MemoryImage openImage(String image) {
    return openNamed(image, false);
  }

  @Override
  @MustBeClosed
  public MemoryImage openImageById(String imageId) {
    return openById(imageId, false);
  }

  @Override
  @MustBeClosed
  public MemoryImage openImageReadOnly(String image) {
    return openNamed(image, true);
  }

  @Override
  @MustBeClosed
  public MemoryImage openImageByIdReadOnly(String imageId) {
    return openById(imageId, true);
  }

  @Override
  public void removeImage(String image) {
    write("remove image " + image, c -> removeImage(c, image));
  }

  @Override
  public Map<String, String> images() {
    return read("list images", c -> new TreeMap<>(c.names));
  }

  @Override
  public void trashMove(String image, Duration keep) {
    write("move image to trash " + image, c -> trashMove(c, image, keep));
  }

  @Override
  public Optional<TrashEntry> trashEntry(String imageId) {
    return read(
        "get trash entry " + imageId,
        c -> Optional.ofNullable(c.trash.get(imageId)).map(StoredPool.Discarded::entry));
  }

  @Override
  public List<TrashEntry> trashEntries() {
    return read(
        "list trash", c -> c.trash.values().stream().map(StoredPool.Discarded::entry).toList());
  }

  @Override
  public void trashRemove(String imageId) {
    write("remove from trash " + imageId, c -> trashRemove(c, imageId));
  }

  @Override
  public void trashRestore(String imageId, String name) {
    write("restore from trash " + imageId, c -> trashRestore(c, imageId, name));
  }

  private static boolean trashRestore(StoredPool.Content content, String id, String name) {
    String action = "restore from trash " + id;
    if (!content.trash.containsKey(id)) {
      throw new CephException(Errno.ENOENT, action);
    }
    if (content.names.putIfAbsent(name, id) != null) {
      throw new CephException(Errno.EEXIST, action);
    }
    content.trash.remove(id);
    return true;
  }

  @Override
  public void createGroup(String group) {
    write(
        "create group " + group,
        c -> {
          if (c.groups.putIfAbsent(group, new StoredGroup(group)) != null) {
            throw new CephException(Errno.EEXIST, "create group " + group);
          }
          return true;
        });
  }

  @Override
  public List<String> groups() {
    return read("list groups", c -> List.copyOf(c.groups.keySet()));
  }

  @Override
  public void addToGroup(String group, Pool imagePool, String image) {
    String action = "add image " + image + " to group " + group;
    var from = (MemoryPool) imagePool;
    write(
        action,
        c -> {
          StoredPool.Content source = from.content(action);
          String id = Objects.requireNonNullElse(source.names.get(image), "");
          group(c, group, action).add(image(source, id, action));
          return true;
        });
  }

  @Override
  public void createGroupSnapshot(String group, String snapshot) {
    String action = "create snapshot " + snapshot + " of group " + group;
    write(
        action,
        c -> {
          group(c, group, action).createSnapshot(snapshot);
          return true;
        });
  }

  @Override
  public List<GroupSnapshot> groupSnapshots(String group) {
    return read(
        "list snapshots of group " + group,
        c ->
            Optional.ofNullable(c.groups.get(group)).map(StoredGroup::snapshots).orElse(List.of()));
  }

  @Override
  public void removeGroupSnapshot(String group, String snapshot) {
    String action = "remove snapshot " + snapshot + " of group " + group;
    write(
        action,
        c -> {
          group(c, group, action).removeSnapshot(snapshot);
          return true;
        });
  }

  @Override
  public void removeGroup(String group) {
    write(
        "remove group " + group,
        c -> {
          Optional.ofNullable(c.groups.remove(group)).ifPresent(StoredGroup::remove);
          return true;
        });
  }

  private static StoredGroup group(StoredPool.Content content, String name, String action) {
    StoredGroup group = content.groups.get(name);
    if (group == null) {
      throw new CephException(Errno.ENOENT, action);
    }
    return group;
  }

  private <T> T read(String action, Function<StoredPool.Content, T> body) {
    requireOpen();
    return cluster.operations().read(action, () -> body.apply(content(action)));
  }

  private boolean write(String action, Function<StoredPool.Content, Boolean> body) {
    requireOpen();
    return cluster.operations().write(action, () -> body.apply(content(action)));
  }

  private StoredPool.Content content(String action) {
    if (!cluster.has(pool)) {
      throw new CephException(Errno.ENOENT, action);
    }
    return pool.content(namespace);
  }

  private static Map<String, String> pick(
      NavigableMap<String, String> omap, Collection<String> keys) {
    var found = new TreeMap<>(omap);
    found.keySet().retainAll(keys);
    return found;
  }

  private static SortedMap<String, String> page(
      NavigableMap<String, String> omap, String after, int most) {
    var found = new TreeMap<String, String>();
    omap.tailMap(after, false).entrySet().stream()
        .limit(most)
        .forEach(e -> found.put(e.getKey(), e.getValue()));
    return found;
  }

  /** The object's omap, an empty one for a missing object. */
  private static NavigableMap<String, String> omap(StoredPool.Content content, String object) {
    return content.objects.getOrDefault(object, new TreeMap<>());
  }

  private static boolean changed(StoredPool.Content content, String object, boolean done) {
    if (done) {
      content.changed.put(object, Instant.now());
    }
    return done;
  }

  private static boolean update(
      StoredPool.Content content, String object, Map<String, String> entries) {
    omap(content, object).putAll(entries);
    return content.objects.containsKey(object);
  }

  private static boolean compareAndPut(
      StoredPool.Content content, String object, String key, String expected, String value) {
    // As in RADOS, a missing key and an empty value are the same here.
    if (!omap(content, object).getOrDefault(key, "").equals(expected)) {
      return false;
    }
    content.objects.computeIfAbsent(object, _ -> new TreeMap<>()).put(key, value);
    return true;
  }

  private boolean createImage(
      StoredPool.Content content,
      String action,
      String image,
      long sizeBytes,
      ImageOptions options) {
    requirePossible(action, options);
    if (content.names.containsKey(image)) {
      throw new CephException(Errno.EEXIST, action);
    }
    String id = Long.toHexString(IMAGE_IDS.incrementAndGet());
    content.names.put(image, id);
    content.images.put(id, new StoredImage(id, sizeBytes, withDefaults(options)));
    return true;
  }

  /** What librbd refuses; the same errnos in the same order. */
  private void requirePossible(String action, ImageOptions options) {
    if (!pool.hasNamespace(namespace)) {
      throw new CephException(Errno.ENOENT, action);
    }
    if (!options.dataPool().isEmpty() && !cluster.hasPool(options.dataPool())) {
      throw new CephException(Errno.ENOENT, action);
    }
    long mask = options.features();
    boolean locks = Feature.EXCLUSIVE_LOCK.in(mask);
    if ((Feature.OBJECT_MAP.in(mask) || Feature.JOURNALING.in(mask)) && !locks) {
      throw new CephException(Errno.EINVAL, action);
    }
    long objectSize = options.objectSize() == 0 ? 4 << 20 : options.objectSize();
    if (objectSize < 4 << 10 || objectSize > 32 << 20) {
      throw new CephException(Errno.EDOM, action);
    }
    boolean striped = options.stripeUnit() != 0;
    if (striped != (options.stripeCount() != 0)
        || (striped && objectSize % options.stripeUnit() != 0)) {
      throw new CephException(Errno.EINVAL, action);
    }
  }

  private static ImageOptions withDefaults(ImageOptions options) {
    long features = options.features() == 0 ? 61 : options.features();
    if (!options.dataPool().isEmpty()) {
      features |= Feature.DATA_POOL.bit();
    }
    if (options.stripeCount() > 1) {
      features |= Feature.STRIPING.bit();
    }
    return new ImageOptions(
        features,
        options.dataPool(),
        options.stripeUnit(),
        options.stripeCount(),
        options.objectSize());
  }

  private static ImageHeader header(StoredImage image) {
    return new ImageHeader(image.sizeBytes(), image.features());
  }

  private static StoredImage image(StoredPool.Content content, String id, String action) {
    StoredImage image = content.images.get(id);
    if (image == null) {
      throw new CephException(Errno.ENOENT, action);
    }
    return image;
  }

  private static boolean changeMetadata(
      StoredImage image, Set<String> removed, Map<String, String> set) {
    removed.forEach(image::removeMetadata);
    set.forEach(image::putMetadata);
    return true;
  }

  private MemoryImage openNamed(String name, boolean readOnly) {
    String action = "open image " + name;
    return read(
        action,
        c -> open(image(c, Objects.requireNonNullElse(c.names.get(name), ""), action), readOnly));
  }

  private MemoryImage openById(String imageId, boolean readOnly) {
    String action = "open image by id " + imageId;
    return read(action, c -> open(image(c, imageId, action), readOnly));
  }

  private MemoryImage open(StoredImage image, boolean readOnly) {
    if (image.isLost()) {
      throw new CephException(Errno.ENOENT, "open parent of image " + image.id());
    }
    return new MemoryImage(cluster, image, readOnly, open());
  }

  private static boolean removeImage(StoredPool.Content content, String name) {
    String action = "remove image " + name;
    String id = Objects.requireNonNullElse(content.names.get(name), "");
    if (!id.isEmpty() && !content.images.containsKey(id)) {
      return content.names.remove(name, id);
    }
    StoredImage image = image(content, id, action);
    if (image.hasSnapshots()) {
      throw new CephException(Errno.ENOTEMPTY, action);
    }
    if (!image.watchers().isEmpty()) {
      throw new CephException(Errno.EBUSY, action);
    }
    image.leaveParent();
    content.images.remove(content.names.remove(name));
    return true;
  }

  private static boolean trashMove(StoredPool.Content content, String name, Duration keep) {
    String action = "move image to trash " + name;
    String there = Objects.requireNonNullElse(content.names.get(name), "");
    if (image(content, there, action).secondary()) {
      throw new CephException(Errno.EINVAL, action);
    }
    var _ = content.names.remove(name);
    Instant now = Instant.now();
    content.trash.put(
        there,
        new StoredPool.Discarded(new TrashEntry(there, name, now, now.plus(keep)), now.plus(keep)));
    return true;
  }

  private static boolean trashRemove(StoredPool.Content content, String id) {
    String action = "remove from trash " + id;
    StoredPool.Discarded discarded = content.trash.get(id);
    if (discarded == null) {
      throw new CephException(Errno.ENOENT, action);
    }
    if (Instant.now().isBefore(discarded.keepUntil())) {
      throw new CephException(Errno.EPERM, action);
    }
    StoredImage image = image(content, id, action);
    if (image.hasSnapshots()) {
      throw new CephException(Errno.ENOTEMPTY, action);
    }
    if (!image.watchers().isEmpty()) {
      throw new CephException(Errno.EBUSY, action);
    }
    image.leaveParent();
    content.trash.remove(id);
    content.images.remove(id);
    return true;
  }
}
