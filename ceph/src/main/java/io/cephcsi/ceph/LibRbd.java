package io.cephcsi.ceph;

import com.sun.jna.Callback;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.PointerType;
import io.cephcsi.ceph.LibRados.IoPointer;
import org.jspecify.annotations.Nullable;

/** The functions of {@code rbd/librbd.h} in use; as {@link LibRados}. */
final class LibRbd {
  static final int OPTION_FEATURES = 1;
  static final int OPTION_ORDER = 2;
  static final int OPTION_STRIPE_UNIT = 3;
  static final int OPTION_STRIPE_COUNT = 4;
  static final int OPTION_DATA_POOL = 10;
  static final int OPTION_CLONE_FORMAT = 12;

  private static final NativeLibrary LIBRARY = CephLibrary.load("librbd.so.1");

  static {
    Native.register(LibRbd.class, LIBRARY);
  }

  /** {@code rbd_image_t}. */
  public static final class ImagePointer extends PointerType {
    /** For JNA. */
    public ImagePointer() {}

    ImagePointer(Pointer pointer) {
      super(pointer);
    }
  }

  /** {@code rbd_image_options_t}. */
  public static final class ImageOptionsPointer extends PointerType {
    /** For JNA. */
    public ImageOptionsPointer() {}

    ImageOptionsPointer(Pointer pointer) {
      super(pointer);
    }
  }

  /** {@code int (*cb)(uint64_t, size_t, int, void *)}; called on threads of librbd. */
  interface DiffCallback extends Callback {
    int invoke(long offset, long length, int exists, Pointer argument);
  }

  private LibRbd() {}

  /** Whether the installed librbd has this function; for those that only newer ones have. */
  static boolean has(String function) {
    try {
      return LIBRARY.getFunction(function) != null;
    } catch (UnsatisfiedLinkError e) {
      return false;
    }
  }

  static native void rbd_version(Pointer major, Pointer minor, Pointer extra);

  static native void rbd_image_options_create(Pointer options);

  static native void rbd_image_options_destroy(ImageOptionsPointer options);

  static native int rbd_image_options_set_string(
      ImageOptionsPointer options, int option, String value);

  static native int rbd_image_options_set_uint64(
      ImageOptionsPointer options, int option, long value);

  static native int rbd_list2(IoPointer io, Pointer images, Pointer count);

  static native void rbd_image_spec_list_cleanup(Pointer images, long count);

  static native int rbd_create4(IoPointer io, String image, long size, ImageOptionsPointer options);

  static native int rbd_clone3(
      IoPointer parentIo,
      String parent,
      String snapshot,
      IoPointer io,
      String image,
      ImageOptionsPointer options);

  static native int rbd_flatten(ImagePointer image);

  static native int rbd_snap_create(ImagePointer image, String snapshot);

  static native int rbd_snap_remove(ImagePointer image, String snapshot);

  static native int rbd_snap_remove_by_id(ImagePointer image, long id);

  static native int rbd_snap_list(ImagePointer image, Pointer snapshots, Pointer count);

  static native void rbd_snap_list_end(Pointer snapshots);

  static native int rbd_list_children3(ImagePointer image, Pointer images, Pointer count);

  static native void rbd_linked_image_spec_list_cleanup(Pointer images, long count);

  static native int rbd_snap_set_by_id(ImagePointer image, long id);

  static native int rbd_snap_get_namespace_type(ImagePointer image, long id, Pointer type);

  static native int rbd_snap_get_trash_namespace(
      ImagePointer image, long id, Pointer name, long length);

  static native int rbd_snap_get_timestamp(ImagePointer image, long id, Pointer timespec);

  static native int rbd_remove(IoPointer io, String image);

  static native int rbd_trash_move(IoPointer io, String image, long delaySeconds);

  static native int rbd_trash_get(IoPointer io, String imageId, Pointer entry);

  static native void rbd_trash_get_cleanup(Pointer entry);

  static native int rbd_trash_list(IoPointer io, Pointer entries, Pointer count);

  static native void rbd_trash_list_cleanup(Pointer entries, long count);

  static native int rbd_trash_restore(IoPointer io, String imageId, String name);

  static native int rbd_trash_remove(IoPointer io, String imageId, boolean force);

  static native int rbd_open(IoPointer io, String image, Pointer handle, @Nullable String snapshot);

  static native int rbd_open_by_id(
      IoPointer io, String imageId, Pointer handle, @Nullable String snapshot);

  static native int rbd_open_read_only(
      IoPointer io, String image, Pointer handle, @Nullable String snapshot);

  static native int rbd_open_by_id_read_only(
      IoPointer io, String imageId, Pointer handle, @Nullable String snapshot);

  static native int rbd_close(ImagePointer image);

  static native int rbd_resize(ImagePointer image, long size);

  static native int rbd_get_size(ImagePointer image, Pointer size);

  /** The size of its objects is the second number in it. */
  static native int rbd_stat(ImagePointer image, Pointer info, long infoSize);

  static native int rbd_get_overlap(ImagePointer image, Pointer overlap);

  static native int rbd_get_stripe_unit(ImagePointer image, Pointer bytes);

  static native int rbd_get_stripe_count(ImagePointer image, Pointer count);

  static native int rbd_get_block_name_prefix(ImagePointer image, Pointer prefix, long length);

  static native long rbd_get_data_pool_id(ImagePointer image);

  static native int rbd_get_features(ImagePointer image, Pointer features);

  static native int rbd_get_id(ImagePointer image, Pointer buffer, long length);

  static native int rbd_get_parent(ImagePointer image, Pointer parentImage, Pointer parentSnapshot);

  static native int rbd_get_create_timestamp(ImagePointer image, Pointer timespec);

  static native void rbd_linked_image_spec_cleanup(Pointer image);

  static native void rbd_snap_spec_cleanup(Pointer snapshot);

  static native int rbd_metadata_set(ImagePointer image, String key, String value);

  static native int rbd_metadata_remove(ImagePointer image, String key);

  static native int rbd_metadata_list(
      ImagePointer image,
      String start,
      long most,
      Pointer keys,
      Pointer keysLength,
      Pointer values,
      Pointer valuesLength);

  static native int rbd_diff_iterate2(
      ImagePointer image,
      @Nullable String fromSnapshot,
      long offset,
      long length,
      byte includeParent,
      byte wholeObject,
      DiffCallback callback,
      Pointer argument);

  static native long rbd_read(ImagePointer image, long offset, long length, Pointer buffer);

  static native long rbd_write(ImagePointer image, long offset, long length, Pointer buffer);

  static native int rbd_discard(ImagePointer image, long offset, long length);

  static native int rbd_group_create(IoPointer io, String group);

  static native int rbd_group_remove(IoPointer io, String group);

  /** The names behind each other, each with a NUL; the size in bytes. */
  static native int rbd_group_list(IoPointer io, Pointer names, Pointer size);

  static native int rbd_group_image_add(
      IoPointer io, String group, IoPointer imageIo, String image);

  static native int rbd_group_snap_create(IoPointer io, String group, String snapshot);

  static native int rbd_group_snap_remove(IoPointer io, String group, String snapshot);

  static native int rbd_group_snap_list(
      IoPointer io, String group, Pointer snapshots, long infoSize, Pointer count);

  static native int rbd_group_snap_list_cleanup(Pointer snapshots, long infoSize, long count);

  static native int rbd_snap_get_group_namespace(
      ImagePointer image, long id, Pointer group, long groupSize);

  static native int rbd_snap_group_namespace_cleanup(Pointer group, long groupSize);

  static native int rbd_watchers_list(ImagePointer image, Pointer watchers, Pointer count);

  static native void rbd_watchers_list_cleanup(Pointer watchers, long count);

  static native int rbd_mirror_image_get_info(ImagePointer image, Pointer info, long infoSize);

  static native void rbd_mirror_image_get_info_cleanup(Pointer info);
}
