package io.cephcsi.csi;

import java.nio.charset.StandardCharsets;

/** The name that a request gives what it makes; it becomes a key in an omap. */
public final class RequestName {
  /** CSI wants 128 bytes taken; longer ones that fit are too. */
  private static final int LONGEST = 1024;

  private RequestName() {}

  /**
   * Checks a name.
   *
   * @throws CsiException.InvalidArgument when it is missing, too long, or path-like
   */
  public static void require(String name) {
    RequiredField.require("name", !name.isEmpty());
    if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST) {
      throw new CsiException.InvalidArgument(
          "name %s… is longer than %d bytes: the caller must take a shorter one"
              .formatted(name.substring(0, 40), LONGEST));
    }
    if (name.chars().anyMatch(c -> c == '/' || Character.isISOControl(c))) {
      throw new CsiException.InvalidArgument(
          "name \"%s\" has a slash or a control character: the caller must leave it out"
              .formatted(name.strip()));
    }
  }
}
