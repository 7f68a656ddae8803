package io.cephcsi.ceph;

import com.google.errorprone.annotations.MustBeClosed;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import io.cephcsi.ceph.LibRbd.ImageOptionsPointer;

/** The options of a new image as librbd takes them. */
final class RbdImageCreation extends NativeHandle<ImageOptionsPointer> {
  @MustBeClosed
  private RbdImageCreation() {
    super(create());
  }

  private static ImageOptionsPointer create() {
    try (var out = new Memory(Native.POINTER_SIZE)) {
      LibRbd.rbd_image_options_create(out);
      return new ImageOptionsPointer(out.getPointer(0));
    }
  }

  static void create(IoContext io, String image, long sizeBytes, ImageOptions options) {
    try (var creation = new RbdImageCreation()) {
      creation.set(options);
      int result = LibRbd.rbd_create4(io.pointer(), image, sizeBytes, creation.pointer());
      io.check(result, "create image " + image);
    }
  }

  /** Of clone format 2, whose parents need no protection. */
  static void clone(
      IoContext parentIo,
      String parent,
      String snapshot,
      IoContext io,
      String image,
      ImageOptions options) {
    try (var creation = new RbdImageCreation()) {
      creation.set(options);
      creation.set(LibRbd.OPTION_CLONE_FORMAT, 2);
      int result =
          LibRbd.rbd_clone3(
              parentIo.pointer(), parent, snapshot, io.pointer(), image, creation.pointer());
      io.check(result, "clone " + parent + "@" + snapshot + " to image " + image);
    }
  }

  private void set(ImageOptions options) {
    set(LibRbd.OPTION_FEATURES, options.features());
    set(LibRbd.OPTION_STRIPE_UNIT, options.stripeUnit());
    set(LibRbd.OPTION_STRIPE_COUNT, options.stripeCount());
    if (options.objectSize() != 0) {
      set(LibRbd.OPTION_ORDER, Long.numberOfTrailingZeros(options.objectSize()));
    }
    if (!options.dataPool().isEmpty()) {
      setDataPool(options.dataPool());
    }
  }

  private void set(int option, long value) {
    if (value != 0) {
      CephException.check(
          LibRbd.rbd_image_options_set_uint64(pointer(), option, value),
          "set image option " + option);
    }
  }

  private void setDataPool(String pool) {
    CephException.check(
        LibRbd.rbd_image_options_set_string(pointer(), LibRbd.OPTION_DATA_POOL, pool),
        "set data pool " + pool);
  }

  @Override
  void release(ImageOptionsPointer open) {
    LibRbd.rbd_image_options_destroy(open);
  }
}
