package io.cephcsi.csi;

import java.util.Map;
import java.util.Optional;

/** A boolean as Go's {@code strconv.ParseBool} reads it, and so ceph-csi. */
public final class GoBoolean {
  private GoBoolean() {}

  /** Reads it; empty for a text that is neither true nor false. */
  public static Optional<Boolean> read(String text) {
    return switch (text) {
      case "1", "t", "T", "true", "TRUE", "True" -> Optional.of(true);
      case "0", "f", "F", "false", "FALSE", "False" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  /** Whether the text means true; all else is false. */
  public static boolean isTrue(String text) {
    return read(text).orElse(false);
  }

  /**
   * Reads a parameter of a class; a missing one is no.
   *
   * @throws CsiException.InvalidArgument when it is neither true nor false
   */
  public static boolean of(String key, String text) {
    return !text.isEmpty() && read(text).orElseThrow(() -> neither(key, text));
  }

  /** As the other one, of a parameter among those; where it is missing, of what stands for it. */
  public static boolean of(Parameter parameter, Map<String, String> all) {
    return of(parameter.key(), parameter.in(all));
  }

  private static CsiException neither(String key, String text) {
    return new CsiException.InvalidArgument("%s %s: use true or false".formatted(key, text));
  }
}
