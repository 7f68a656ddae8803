package io.cephcsi.ceph;

import com.google.errorprone.annotations.MustBeClosed;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import io.cephcsi.ceph.LibRbd.ImageOptionsPointer;
import java.util.function.IntSupplier;

/** The options of a new image as librbd takes them. */
final class RbdImageCreation extends NativeHandle<ImageOptionsPointer> {
  /** One that is taken is next to impossible; three are something else. */
  private static final int MOST_IDS = 3;

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
      int result =
          withFreeId(() -> LibRbd.rbd_create4(io.pointer(), image, sizeBytes, creation.pointer()));
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
          withFreeId(() ->
              LibRbd.rbd_clone3(
                  parentIo.pointer(), parent, snapshot, io.pointer(), image, creation.pointer()));
      io.check(result, "clone " + parent + "@" + snapshot + " to image " + image);
    }
  }

  /**
   * librbd gives an image an id with 32 random bits, and takes back what it has made when the
   * pool's directory knows another image by that id: EBADF, from the class method {@code
   * dir_add_image}. The next try has another id.
   */
  static int withFreeId(IntSupplier creation) {
    int result = creation.getAsInt();
    for (int tries = 1; result == -Errno.EBADF && tries < MOST_IDS; tries++) {
      result = creation.getAsInt();
    }
    return result;
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
