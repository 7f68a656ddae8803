package io.cephcsi.ceph;

import com.google.errorprone.annotations.MustBeClosed;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.cephcsi.ceph.LibRados.IoPointer;
import io.cephcsi.ceph.LibRbd.ImagePointer;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.ToIntBiFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** An open image; librbd keeps an io context of its own, so the pool may be closed earlier. */
final class RbdImage extends NativeHandle<ImagePointer> implements Image {
  /** {@code rbd_image_watcher_t}: address, client id, cookie. */
  private static final int WATCHER_BYTES = 24;

  /** {@code rbd_linked_image_spec_t}: pool id, pool, namespace, image id, image, in trash. */
  private static final int LINKED_IMAGE_BYTES = 48;

  /** {@code rbd_snap_spec_t}: id, namespace type, name. */
  private static final int SNAPSHOT_BYTES = 24;

  /** {@code rbd_snap_info_t}: id, size, name. */
  private static final int SNAPSHOT_INFO_BYTES = 24;

  /** {@code RBD_MIRROR_IMAGE_DISABLED}. */
  private static final int MIRROR_IMAGE_DISABLED = 2;

  private static final int MIRROR_IMAGE_ENABLED = 1;
  private static final int CHILD_BYTES = 48;

  /** {@code rbd_snap_group_namespace_t}: pool id, group, snapshot. */
  private static final int GROUP_PLACE_BYTES = 24;

  /** {@code rbd_image_info_t}: size, object size, and more. */
  private static final int IMAGE_INFO_BYTES = 160;

  private static final int LONGEST_NAME = 4096;

  private static final int FIRST_METADATA_BYTES = 4096;

  /** {@code CEPH_NOSNAP}: the image itself. */
  private static final long NO_SNAPSHOT = -2;

  private final SharedConnection connection;
  private final String namespace;
  private final String label;
  private long shown = NO_SNAPSHOT;

  /** One of librbd's four ways to open an image; the last argument is a snapshot, for none null. */
  interface Opening {
    int open(IoPointer io, String nameOrId, Pointer handle, @Nullable String snapshot);
  }

  private RbdImage(
      ImagePointer pointer, SharedConnection connection, String namespace, String label) {
    super(pointer);
    this.connection = connection;
    this.namespace = namespace;
    this.label = label;
  }

  @MustBeClosed
  static RbdImage open(IoContext io, String nameOrId, Opening opening) {
    SharedConnection connection = io.connection();
    IoPointer pointer = io.pointer();
    connection.retainOpen();
    try (var out = new Memory(Native.POINTER_SIZE)) {
      int result = opening.open(pointer, nameOrId, out, null);
      io.check(result, "open image " + nameOrId);
      return new RbdImage(
          new ImagePointer(out.getPointer(0)), connection, io.namespace(), nameOrId);
    } catch (RuntimeException e) {
      connection.release();
      throw e;
    }
  }

  @Override
  public String id() {
    try (var buffer = new Memory(256)) {
      check(LibRbd.rbd_get_id(pointer(), buffer, buffer.size()), "get id of");
      return buffer.getString(0, "UTF-8");
    }
  }

  @Override
  public long sizeBytes() {
    return number(LibRbd::rbd_get_size, "get size of");
  }

  @Override
  public long features() {
    return number(LibRbd::rbd_get_features, "get features of");
  }

  @Override
  public void resize(long sizeBytes) {
    check(LibRbd.rbd_resize(pointer(), sizeBytes), "resize");
  }

  @Override
  public Optional<ParentImage> parent() {
    return parent(RbdImage::parent);
  }

  @Override
  public Optional<ParentLink> parentLink() {
    return parent((image, snapshot) ->
        new ParentLink(
            image.getLong(0),
            StructList.text(image, 16),
            StructList.text(image, 24),
            snapshot.getLong(0)));
  }

  private <T> Optional<T> parent(BiFunction<Pointer, Pointer, T> read) {
    try (var image = new Memory(LINKED_IMAGE_BYTES);
        var snapshot = new Memory(SNAPSHOT_BYTES)) {
      image.clear();
      snapshot.clear();
      int result = LibRbd.rbd_get_parent(pointer(), image, snapshot);
      if (result == -Errno.ENOENT) {
        return Optional.empty();
      }
      check(result, "get parent of");
      T parent = read.apply(image, snapshot);
      LibRbd.rbd_linked_image_spec_cleanup(image);
      LibRbd.rbd_snap_spec_cleanup(snapshot);
      return Optional.of(parent);
    }
  }

  private static ParentImage parent(Pointer image, Pointer snapshot) {
    return new ParentImage(
        StructList.text(image, 8),
        StructList.text(image, 16),
        StructList.text(image, 32),
        StructList.text(image, 24),
        StructList.text(snapshot, 16),
        image.getByte(40) != 0);
  }

  @Override
  public void show(long snapshotId) {
    check(LibRbd.rbd_snap_set_by_id(pointer(), snapshotId), "show snapshot " + snapshotId + " of");
    shown = snapshotId;
  }

  @Override
  public long overlapBytes() {
    return number(LibRbd::rbd_get_overlap, "get overlap of");
  }

  @Override
  public Extents allocated(long offset, long length) {
    return length <= 0 ? Extents.NONE : allocation(offset, length);
  }

  private Extents allocation(long offset, long length) {
    var found = new Allocation();
    check(found.ask(pointer(), offset, length), "list data of");
    return found.extents().within(Extents.of(offset, length));
  }

  @Override
  public Extents touched(long otherSnapshotId, Extents within) {
    ImagePointer image = pointer();
    if (within.isEmpty() || striped()) {
      return within; // stripes' objects are not where their numbers say
    }
    try (var objects =
        new DataObjects(
            connection,
            LibRbd.rbd_get_data_pool_id(image),
            namespace,
            objectPrefix(),
            objectBytes())) {
      return objects.touched(otherSnapshotId, shown, within);
    }
  }

  private boolean striped() {
    long count = number(LibRbd::rbd_get_stripe_count, "get stripe count of");
    return count != 1 || number(LibRbd::rbd_get_stripe_unit, "get stripe unit of") != objectBytes();
  }

  private long objectBytes() {
    try (var info = new Memory(IMAGE_INFO_BYTES)) {
      check(LibRbd.rbd_stat(pointer(), info, IMAGE_INFO_BYTES), "get object size of");
      return info.getLong(Long.BYTES);
    }
  }

  private String objectPrefix() {
    try (var prefix = new Memory(LONGEST_NAME)) {
      check(
          LibRbd.rbd_get_block_name_prefix(pointer(), prefix, LONGEST_NAME),
          "get objects' name of");
      return prefix.getString(0, "UTF-8");
    }
  }

  @Override
  public void read(long offset, byte[] into) {
    String action = "read %d bytes at %d of".formatted(into.length, offset);
    if (into.length == 0) {
      return;
    }
    try (var buffer = new Memory(into.length)) {
      long read = LibRbd.rbd_read(pointer(), offset, into.length, buffer);
      check((int) Math.min(read, 0), action);
      if (read < into.length) {
        throw new CephException(Errno.EIO, action + " image " + label + ", it has " + read);
      }
      buffer.read(0, into, 0, into.length);
    }
  }

  @Override
  public void write(long offset, byte[] data) {
    if (data.length == 0) {
      return;
    }
    try (var buffer = new Memory(data.length)) {
      buffer.write(0, data, 0, data.length);
      long written = LibRbd.rbd_write(pointer(), offset, data.length, buffer);
      check((int) Math.min(written, 0), "write %d bytes at %d of".formatted(data.length, offset));
    }
  }

  @Override
  public void discard(long offset, long length) {
    int result = LibRbd.rbd_discard(pointer(), offset, length);
    if (result < 0) { // else a number of bytes, which may be too large for it
      check(result, "discard %d bytes at %d of".formatted(length, offset));
    }
  }

  @Override
  public List<Watcher> watchers() {
    ImagePointer image = pointer();
    return StructList.read(
        WATCHER_BYTES,
        "list watchers of image " + label,
        (array, count) -> connection.noted(LibRbd.rbd_watchers_list(image, array, count)),
        w -> new Watcher(StructList.text(w, 0), w.getLong(8), w.getLong(16)),
        LibRbd::rbd_watchers_list_cleanup);
  }

  @Override
  public boolean mirrored() {
    return mirroring().state() != MIRROR_IMAGE_DISABLED;
  }

  @Override
  public boolean secondary() {
    Mirroring mirroring = mirroring();
    return mirroring.state() == MIRROR_IMAGE_ENABLED && !mirroring.primary();
  }

  private record Mirroring(int state, boolean primary) {}

  private Mirroring mirroring() {
    // global id, state, whether it is primary
    try (var info = new Memory(Native.POINTER_SIZE + 2L * Integer.BYTES)) {
      info.clear();
      check(LibRbd.rbd_mirror_image_get_info(pointer(), info, info.size()), "see the mirroring of");
      var mirroring =
          new Mirroring(
              info.getInt(Native.POINTER_SIZE),
              info.getByte(Native.POINTER_SIZE + (long) Integer.BYTES) != 0);
      LibRbd.rbd_mirror_image_get_info_cleanup(info);
      return mirroring;
    }
  }

  /** {@code rbd_linked_image_spec_t}: pool id, pool, namespace, id, name, whether in the trash. */
  @Override
  public List<ChildImage> children() {
    return StructList.read(
        CHILD_BYTES,
        "list clones of " + label,
        (array, count) -> connection.noted(LibRbd.rbd_list_children3(pointer(), array, count)),
        child ->
            new ChildImage(
                child.getLong(0), StructList.text(child, 16), StructList.text(child, 24)),
        LibRbd::rbd_linked_image_spec_list_cleanup);
  }

  @Override
  public Map<String, String> metadata() {
    long keysBytes = FIRST_METADATA_BYTES;
    long valuesBytes = FIRST_METADATA_BYTES;
    while (true) {
      try (var keys = new Memory(keysBytes);
          var values = new Memory(valuesBytes);
          var lengths = new Memory(2L * Long.BYTES)) {
        lengths.setLong(0, keysBytes);
        lengths.setLong(Long.BYTES, valuesBytes);
        int result =
            LibRbd.rbd_metadata_list(
                pointer(), "", 0, keys, lengths, values, lengths.share(Long.BYTES));
        if (result != -Errno.ERANGE) {
          check(result, "list metadata of");
          return zip(keys, lengths.getLong(0), values);
        }
        keysBytes = 2 * Math.max(keysBytes, lengths.getLong(0));
        valuesBytes = 2 * Math.max(valuesBytes, lengths.getLong(Long.BYTES));
      }
    }
  }

  /** Both are texts behind each other, each with a NUL at its end. */
  private static Map<String, String> zip(Memory keys, long keysBytes, Memory values) {
    var entries = new HashMap<String, String>();
    long value = 0;
    for (long key = 0; key < keysBytes; key += keys.indexOf(key, (byte) 0) + 1) {
      entries.put(keys.getString(key, "UTF-8"), values.getString(value, "UTF-8"));
      value += values.indexOf(value, (byte) 0) + 1;
    }
    return entries;
  }

  @Override
  public void putMetadata(String key, String value) {
    check(LibRbd.rbd_metadata_set(pointer(), key, value), "set metadata " + key + " of");
  }

  @Override
  public void removeMetadata(String key) {
    int result = LibRbd.rbd_metadata_remove(pointer(), key);
    if (result != -Errno.ENOENT) {
      check(result, "remove metadata " + key + " of");
    }
  }

  @Override
  public Instant createdAt() {
    try (var time = new Memory(2L * Long.BYTES)) {
      check(LibRbd.rbd_get_create_timestamp(pointer(), time), "get creation time of");
      return Instant.ofEpochSecond(time.getLong(0), time.getLong(Long.BYTES));
    }
  }

  @Override
  public void createSnapshot(String name) {
    check(LibRbd.rbd_snap_create(pointer(), name), "create snapshot " + name + " of");
  }

  @Override
  public void removeSnapshot(String name) {
    check(LibRbd.rbd_snap_remove(pointer(), name), "remove snapshot " + name + " of");
  }

  @Override
  public void removeSnapshot(long id) {
    check(LibRbd.rbd_snap_remove_by_id(pointer(), id), "remove snapshot " + id + " of");
  }

  @Override
  public void flatten() {
    check(LibRbd.rbd_flatten(pointer()), "flatten");
  }

  /**
   * {@code rbd_snap_list} counts in an int, takes a null-terminated array and answers the count.
   */
  @Override
  public List<ImageSnapshot> snapshots() {
    int capacity = 64;
    while (true) {
      try (var array = new Memory((capacity + 1L) * SNAPSHOT_INFO_BYTES);
          var count = new Memory(Integer.BYTES)) {
        array.clear();
        count.setInt(0, capacity);
        int result = LibRbd.rbd_snap_list(pointer(), array, count);
        if (result != -Errno.ERANGE) {
          check(result, "list snapshots of");
          return snapshots(array, result);
        }
        capacity = 2 * Math.max(capacity, count.getInt(0)); // others may add some meanwhile
      }
    }
  }

  private List<ImageSnapshot> snapshots(Memory array, int count) {
    try {
      return IntStream.range(0, count)
          .mapToObj(i -> snapshot(array.share((long) i * SNAPSHOT_INFO_BYTES)))
          .toList();
    } finally {
      LibRbd.rbd_snap_list_end(array);
    }
  }

  private ImageSnapshot snapshot(Pointer info) {
    long id = info.getLong(0);
    var kind = kind(id);
    String name = kind == ImageSnapshot.Kind.TRASH ? nameBefore(id) : StructList.text(info, 16);
    return new ImageSnapshot(id, name, info.getLong(8), kind, cutAt(id));
  }

  @Override
  public Optional<ImageSnapshot> groupSnapshot(String group, String snapshot) {
    return snapshots().stream()
        .filter(s -> s.kind() == ImageSnapshot.Kind.GROUP)
        .filter(s -> isOf(s.id(), group, snapshot))
        .findFirst();
  }

  private boolean isOf(long snapshotId, String group, String snapshot) {
    try (var place = new Memory(GROUP_PLACE_BYTES)) {
      place.clear();
      check(
          LibRbd.rbd_snap_get_group_namespace(pointer(), snapshotId, place, GROUP_PLACE_BYTES),
          "get group of snapshot " + snapshotId + " of");
      boolean is =
          StructList.text(place, 8).equals(group) && StructList.text(place, 16).equals(snapshot);
      var _ = LibRbd.rbd_snap_group_namespace_cleanup(place, GROUP_PLACE_BYTES);
      return is;
    }
  }

  private ImageSnapshot.Kind kind(long snapshotId) {
    try (var type = new Memory(Integer.BYTES)) {
      check(
          LibRbd.rbd_snap_get_namespace_type(pointer(), snapshotId, type),
          "get kind of snapshot " + snapshotId + " of");
      return ImageSnapshot.Kind.of(type.getInt(0));
    }
  }

  private String nameBefore(long snapshotId) {
    try (var name = new Memory(LONGEST_NAME)) {
      check(
          LibRbd.rbd_snap_get_trash_namespace(pointer(), snapshotId, name, name.size()),
          "get name of snapshot " + snapshotId + " of");
      return name.getString(0, "UTF-8");
    }
  }

  private Instant cutAt(long snapshotId) {
    try (var time = new Memory(2L * Long.BYTES)) {
      check(
          LibRbd.rbd_snap_get_timestamp(pointer(), snapshotId, time),
          "get time of snapshot " + snapshotId + " of");
      return Instant.ofEpochSecond(time.getLong(0), time.getLong(Long.BYTES));
    }
  }

  private long number(ToIntBiFunction<ImagePointer, Pointer> function, String action) {
    try (var out = new Memory(Long.BYTES)) {
      check(function.applyAsInt(pointer(), out), action);
      return out.getLong(0);
    }
  }

  private void check(int result, String action) {
    CephException.check(
        connection.noted(result), action + " image " + label, CephException.Daemon.OSD);
  }

  /** Nothing can be done about an error here: librbd has freed the image all the same. */
  @Override
  void release(ImagePointer open) {
    var _ = LibRbd.rbd_close(open);
    connection.release();
  }
}
