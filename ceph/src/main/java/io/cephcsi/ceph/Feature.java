package io.cephcsi.ceph;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** An RBD image feature, with the bit and the name that Ceph uses. */
public enum Feature {
  LAYERING(1, "layering"),
  STRIPING(2, "striping"),
  EXCLUSIVE_LOCK(4, "exclusive-lock"),
  OBJECT_MAP(8, "object-map"),
  FAST_DIFF(16, "fast-diff"),
  DEEP_FLATTEN(32, "deep-flatten"),
  JOURNALING(64, "journaling"),
  DATA_POOL(128, "data-pool"),
  OPERATIONS(256, "operations"),
  MIGRATING(512, "migrating");

  private final long bit;
  private final String text;

  Feature(long bit, String text) {
    this.bit = bit;
    this.text = text;
  }

  /** The bit in an image's feature mask. */
  public long bit() {
    return bit;
  }

  /** Ceph's name of it. */
  public String text() {
    return text;
  }

  /** Whether the mask has it. */
  public boolean in(long mask) {
    return (mask & bit) != 0;
  }

  /** The feature of that name; empty for an unknown name. */
  public static Optional<Feature> of(String text) {
    return Arrays.stream(values()).filter(f -> f.text.equals(text)).findFirst();
  }

  /** The features of a mask, in the order of their bits. */
  public static List<Feature> of(long mask) {
    return Arrays.stream(values()).filter(f -> f.in(mask)).toList();
  }
}
