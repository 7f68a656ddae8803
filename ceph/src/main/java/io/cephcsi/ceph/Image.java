package io.cephcsi.ceph;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An open RBD image. For one thread at a time; the block that opened it closes it. */
public interface Image extends AutoCloseable {
  /** The image's id, which stays when it is renamed or moved to the trash. */
  String id();

  long sizeBytes();

  /** A mask of {@link Feature} bits. */
  long features();

  /**
   * Sets the size, also a smaller one; the image must be open for writing. C: {@code rbd_resize}.
   */
  void resize(long sizeBytes);

  /** The image and snapshot that it was cloned from; empty when there is none. */
  Optional<ParentImage> parent();

  /** As {@link #parent}, of the snapshot that is shown, by ids. */
  Optional<ParentLink> parentLink();

  /**
   * Lets the methods that read data, sizes and parents see a snapshot from now on; also one that
   * only clones keep, or one of a group. C: {@code rbd_snap_set_by_id}.
   *
   * @throws CephException ENOENT when there is none of this id
   */
  void show(long snapshotId);

  /** The clones of the snapshot that is shown, in all pools. C: {@code rbd_list_children3}. */
  List<ChildImage> children();

  /**
   * How much of the beginning may come from the parent; 0 without one. C: {@code rbd_get_overlap}.
   */
  long overlapBytes();

  /**
   * Where in this stretch the image itself has data, which may be zeros; what it has of its parent
   * does not count. Everything else reads as the parent, or as zeros. C: {@code rbd_diff_iterate2}.
   */
  Extents allocated(long offset, long length);

  /**
   * Which of the stretches were written, or discarded, between another snapshot of this image and
   * what is shown, in whole objects; in all others the image itself has the same data. What comes
   * from a parent is not looked at, and a snapshot that is gone tells anything. Two operations an
   * object: an object of which both snapshots see the same version was not written in between. C:
   * {@code rados_stat} and {@code rados_get_last_version}.
   */
  Extents touched(long otherSnapshotId, Extents within);

  /**
   * Reads into the whole array; the caller keeps to the size. C: {@code rbd_read}.
   *
   * @throws CephException EIO when the image ends before
   */
  void read(long offset, byte[] into);

  /** Writes; C: {@code rbd_write}. */
  void write(long offset, byte[] data);

  /**
   * Lets the whole blocks of 64 KiB in a stretch read as zeros, and frees what it can of them; what
   * is smaller may stay as it was. C: {@code rbd_discard}.
   */
  void discard(long offset, long length);

  /**
   * The clients that have it open for writing, this one included if it has. C: {@code
   * rbd_watchers_list}.
   */
  List<Watcher> watchers();

  /**
   * Whether it is mirrored, or about to be or not to be, so that daemons of rbd-mirror may watch
   * it. C: {@code rbd_mirror_image_get_info}.
   */
  boolean mirrored();

  /**
   * Whether it is the copy of an image in another cluster, which rbd-mirror alone writes. C: {@code
   * rbd_mirror_image_get_info}.
   */
  boolean secondary();

  /** All metadata. C: {@code rbd_metadata_list}. */
  Map<String, String> metadata();

  /** Sets a metadata entry. C: {@code rbd_metadata_set}. */
  void putMetadata(String key, String value);

  /** Removes a metadata entry; a missing one is no error. C: {@code rbd_metadata_remove}. */
  void removeMetadata(String key);

  Instant createdAt();

  /**
   * Cuts a snapshot; also while a client writes. Waits for a commit of the monitors, about a second
   * on an idle cluster. C: {@code rbd_snap_create}.
   *
   * @throws CephException EEXIST when there is one of this name
   */
  void createSnapshot(String name);

  /**
   * Removes a snapshot. One that has clones goes on without its name, until the last of them is
   * gone. C: {@code rbd_snap_remove}.
   *
   * @throws CephException ENOENT when there is none of this name
   */
  void removeSnapshot(String name);

  /**
   * As {@link #removeSnapshot(String)}; also one that has lost its name. C: {@code
   * rbd_snap_remove_by_id}.
   *
   * @throws CephException ENOENT when there is none of this id, EBUSY when it has no name and
   *     clones keep it
   */
  void removeSnapshot(long id);

  /** All snapshots, also those that only clones keep. C: {@code rbd_snap_list}. */
  List<ImageSnapshot> snapshots();

  /**
   * What a group's snapshot is on this image; empty when there is none. C: {@code
   * rbd_snap_get_group_namespace}.
   */
  Optional<ImageSnapshot> groupSnapshot(String group, String snapshot);

  /**
   * Copies what the image has of its parent, and lets the parent go; takes long for large ones. C:
   * {@code rbd_flatten}.
   *
   * @throws CephException EINVAL when it has no parent
   */
  void flatten();

  @Override
  void close();
}
