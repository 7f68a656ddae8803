package io.cephcsi.cluster;

import java.util.Set;

/** A boolean as Go's ParseBool reads it, and so ceph-csi. */
public final class GoBoolean {
  private static final Set<String> TRUE = Set.of("1", "t", "T", "true", "TRUE", "True");

  private GoBoolean() {}

  /** Whether the text means true; all else is false. */
  public static boolean isTrue(String text) {
    return TRUE.contains(text);
  }
}
