package io.cephcsi.ceph;

/**
 * How a new image is laid out. Zero and empty leave the choice to the cluster's configuration.
 *
 * @param features a mask of {@link Feature} bits, 0 for the cluster's default
 * @param dataPool the pool for the data objects, empty for the image's own
 * @param stripeUnit bytes, and {@code stripeCount} objects: both or none
 * @param objectSize bytes, a power of two; librbd takes 4 KiB to 32 MiB
 */
public record ImageOptions(
    long features, String dataPool, long stripeUnit, long stripeCount, long objectSize) {
  public ImageOptions {
    if (objectSize != 0 && Long.bitCount(objectSize) != 1) {
      throw new IllegalArgumentException("object size is no power of two: " + objectSize);
    }
  }

  /** The same but for the features. */
  public ImageOptions withFeatures(long mask) {
    return new ImageOptions(mask, dataPool, stripeUnit, stripeCount, objectSize);
  }

  /** Everything as the cluster has it by default. */
  public static final ImageOptions DEFAULT = new ImageOptions(0, "", 0, 0, 0);
}
