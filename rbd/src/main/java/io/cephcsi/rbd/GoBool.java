package io.cephcsi.rbd;

import io.cephcsi.csi.CsiException;
import java.util.Set;

/** A class parameter that is yes or no, in the forms that ceph-csi takes, which are Go's. */
public final class GoBool {
  private static final Set<String> TRUE = Set.of("1", "t", "T", "true", "TRUE", "True");
  private static final Set<String> FALSE = Set.of("", "0", "f", "F", "false", "FALSE", "False");

  private GoBool() {}

  /**
   * Reads it; a missing one is no.
   *
   * @throws CsiException.InvalidArgument when it is neither
   */
  public static boolean of(String key, String value) {
    if (!TRUE.contains(value) && !FALSE.contains(value)) {
      throw new CsiException.InvalidArgument("%s %s: use true or false".formatted(key, value));
    }
    return TRUE.contains(value);
  }
}
