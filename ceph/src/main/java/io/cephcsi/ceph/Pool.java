package io.cephcsi.ceph;

import com.google.errorprone.annotations.MustBeClosed;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A pool with one RADOS namespace of it: omaps, and the RBD images in it. For one thread at a time;
 * the block that opened it closes it. All methods block and throw {@link CephException}.
 */
public interface Pool extends OmapStore, AutoCloseable {
  /** Opened as a namespace it is all of them; good for {@link #forEachObject} alone. */
  String ALL_NAMESPACES = "\1";

  String name();

  long id();

  /** The RADOS namespace, empty for the default one. */
  String namespace();

  /**
   * Reads an object as a whole, in one operation; empty when it is missing.
   *
   * @param most of its data, in bytes
   * @param keys those of its entries
   */
  Optional<VersionedObject> readObject(String object, int most, Set<String> keys);

  /**
   * Makes an object with one attribute, in one operation.
   *
   * @return false when the object exists already; it is then unchanged
   */
  boolean createObject(
      String object, String attribute, byte[] value, byte[] data, Map<String, String> entries);

  /**
   * Changes an object that is as it was read, in one operation: its data, and some entries.
   *
   * @return false when it was changed or removed since; nothing is changed then
   */
  boolean replaceObject(
      String object, long version, byte[] data, Map<String, String> set, Set<String> removed);

  /** As {@link #replaceObject}; removes it. */
  boolean removeObject(String object, long version);

  /**
   * Makes an image. C: {@code rbd_create4}.
   *
   * @throws CephException EEXIST when there is one of this name, EINVAL for features or striping
   *     that librbd refuses, EDOM for an object size that it refuses, ENOENT for a missing data
   *     pool or namespace, EDQUOT or ENOSPC for a full pool
   */
  void createImage(String image, long sizeBytes, ImageOptions options);

  /**
   * Makes an image that shares the data of a snapshot, of the snapshot's size. C: {@code
   * rbd_clone3}, clone format 2.
   *
   * @param parent the snapshot's pool, of the same cluster; may be this one
   * @throws CephException ENOENT when the parent or its snapshot is missing, EEXIST when there is
   *     an image of this name; else as {@link #createImage}
   */
  void cloneImage(
      Pool parent, String parentImage, String snapshot, String image, ImageOptions options);

  /**
   * Which image a clone comes from, by one operation on its header; empty when it is no clone, was
   * flattened, or is missing. One without the feature deep-flatten that was flattened names its
   * parent still, as long as it has a snapshot from before; but it has nothing in common with it.
   * Class methods {@code rbd.parent_get} and {@code rbd.parent_overlap_get}.
   */
  Optional<ParentLink> imageParent(String imageId);

  /** As {@link #imageParent}, of an image as one of its snapshots shows it. */
  Optional<ParentLink> snapshotParent(String imageId, long snapshotId);

  /**
   * Ends what a flattening was stopped at: the clone has all data of its own, and its parent has
   * let it go and may be gone, so that librbd cannot open the clone. Class method {@code
   * rbd.parent_detach}, and a notification. One that has no parent any more stays as it is.
   *
   * @throws CephException ENOENT when there is no such image
   */
  void leaveParent(String imageId);

  /**
   * An image's id by its name, by one read of the object {@code rbd_id.<image>}, without opening
   * the image; empty when there is no such image.
   */
  Optional<String> imageId(String image);

  /**
   * The ids of those of the images that are there, by their names, in one operation on the pool's
   * list of images, by which {@link #trashMove} goes too. Class method {@code rbd.dir_get_id}.
   */
  Map<String, String> imageIds(Collection<String> images);

  /**
   * An image's size and features by its id, in one operation on its header object, without opening
   * the image; empty when there is no such image (an image in the trash still has its header).
   * Class methods {@code rbd.get_size} and {@code rbd.get_features}.
   */
  Optional<ImageHeader> imageHeader(String imageId);

  /**
   * The id of the pool with an image's data, in one operation on its header; empty when that is the
   * image's own pool. Class method {@code rbd.get_data_pool}.
   *
   * @throws CephException ENOENT when there is no such image
   */
  Optional<Long> imageDataPool(String imageId);

  /**
   * Whether some client has the image open for writing (or mapped), in one operation when nobody
   * has: an empty notification, which every client takes for "read the header again". C: {@code
   * rados_notify2}. A watcher that does not answer in a few seconds counts as one.
   */
  boolean imageWatched(String imageId);

  /**
   * How many clients have the image open for writing; as {@link #imageWatched}.
   *
   * @throws CephException ENOENT when there is no such image
   */
  int imageWatchers(String imageId);

  /**
   * As {@link #imageHeader}, with what else a listing shows. Class methods {@code rbd.get_size},
   * {@code rbd.get_features}, {@code rbd.get_snapcontext}, {@code rbd.get_create_timestamp} and
   * {@code rbd.parent_get}.
   */
  Optional<ImageState> imageState(String imageId);

  /**
   * Those of an image's snapshots that are there, in one operation on its header, without opening
   * the image. Class method {@code rbd.snapshot_get}.
   */
  List<SnapshotHeader> snapshotHeaders(String imageId, Collection<Long> snapshotIds);

  /**
   * Makes a snapshot of an image without opening it: an id from the monitors, one operation on the
   * header, and a notification that it has changed. librbd would open the image and its parents
   * too. For images with no features that have more to do for a snapshot, and with their data in
   * this pool. C: {@code rados_ioctx_selfmanaged_snap_create}, class method {@code
   * rbd.snapshot_add}, {@code rados_notify2}. Waits for a commit of the monitors.
   *
   * @throws CephException ENOENT when there is no such image, EEXIST when it has a snapshot of that
   *     name
   */
  void addSnapshot(String imageId, String snapshot);

  /**
   * Takes a snapshot's name, as its removal begins, in one operation on the header: no clone can be
   * made of it any more, and it goes with its last clone or with its image. One that has lost its
   * name already stays as it is. For images that nobody has open: others are not told. Class method
   * {@code rbd.snapshot_trash_add}.
   *
   * @throws CephException ENOENT when there is no such image or snapshot, EBUSY when the snapshot
   *     is protected
   */
  void takeSnapshotName(String imageId, long snapshotId);

  /**
   * Removes and sets image metadata in one operation on the header, without opening the image;
   * removing what is not there is no error. Class methods {@code rbd.metadata_remove} and {@code
   * rbd.metadata_set}.
   *
   * @throws CephException ENOENT when there is no such image
   */
  void changeImageMetadata(String imageId, Set<String> removed, Map<String, String> set);

  /**
   * Opens an image for reading and writing, which registers a watch on it. C: {@code rbd_open}.
   *
   * @throws CephException ENOENT when there is no such image
   */
  @MustBeClosed
  Image openImage(String image);

  /**
   * As {@link #openImage}, by the image's id; also an image in the trash. C: {@code
   * rbd_open_by_id}.
   */
  @MustBeClosed
  Image openImageById(String imageId);

  /** Opens an image for reading; no watch is registered. C: {@code rbd_open_read_only}. */
  @MustBeClosed
  Image openImageReadOnly(String image);

  /** As {@link #openImageReadOnly}, by id. C: {@code rbd_open_by_id_read_only}. */
  @MustBeClosed
  Image openImageByIdReadOnly(String imageId);

  /**
   * Removes an image with its data at once, also one of which only parts were made. C: {@code
   * rbd_remove}.
   *
   * @throws CephException ENOENT when there is nothing of it, EBUSY when it is watched, ENOTEMPTY
   *     when it has snapshots
   */
  void removeImage(String image);

  /** The ids of all images by their names. C: {@code rbd_list2}. */
  Map<String, String> images();

  /**
   * Moves an image to the trash; watchers do not hinder it. C: {@code rbd_trash_move}.
   *
   * @param keep how long Ceph refuses to purge it without force
   * @throws CephException ENOENT when there is no such image, ENOSPC when the pool is full and has
   *     no trash yet
   */
  void trashMove(String image, Duration keep);

  /**
   * The trash's entry of an image id; empty when it is not in the trash. C: {@code rbd_trash_get}.
   */
  Optional<TrashEntry> trashEntry(String imageId);

  /** All entries of the trash. C: {@code rbd_trash_list}. */
  List<TrashEntry> trashEntries();

  /**
   * Purges an image from the trash with its data; takes long for large ones. C: {@code
   * rbd_trash_remove}.
   *
   * @throws CephException ENOENT when it is not in the trash, EPERM when it is still to be kept,
   *     EBUSY when it is watched, ENOTEMPTY when it has snapshots; of those that only clones keep,
   *     the ones whose clones are gone do not count
   */
  void trashRemove(String imageId);

  /**
   * Takes an image back from the trash, also one that is watched. C: {@code rbd_trash_restore}.
   *
   * @throws CephException ENOENT when it is not in the trash, EEXIST when the name is taken
   */
  void trashRestore(String imageId, String name);

  /**
   * Makes a group of images without members. C: {@code rbd_group_create}.
   *
   * @throws CephException EEXIST when there is one of this name
   */
  void createGroup(String group);

  /** The names of all groups. C: {@code rbd_group_list}. */
  List<String> groups();

  /**
   * Puts an image into a group; one that is in it already stays. C: {@code rbd_group_image_add}.
   *
   * @param imagePool the image's pool, of the same cluster; may be this one
   * @throws CephException ENOENT when there is no such group or image, EEXIST when the image is in
   *     another group
   */
  void addToGroup(String group, Pool imagePool, String image);

  /**
   * Cuts a snapshot of all members at one moment: the exclusive locks of those that have this
   * feature are held meanwhile, so that nobody writes. C: {@code rbd_group_snap_create}.
   *
   * @throws CephException EEXIST when the group has one of this name, ENOENT when there is no such
   *     group
   */
  void createGroupSnapshot(String group, String snapshot);

  /** The snapshots of a group; none for a missing group. C: {@code rbd_group_snap_list}. */
  List<GroupSnapshot> groupSnapshots(String group);

  /**
   * Removes a group's snapshot from all images. C: {@code rbd_group_snap_remove}.
   *
   * @throws CephException ENOENT when there is no such group or snapshot
   */
  void removeGroupSnapshot(String group, String snapshot);

  /**
   * Removes a group with its snapshots; the images stay. A missing one is no error. C: {@code
   * rbd_group_remove}.
   */
  void removeGroup(String group);

  @Override
  void close();
}
