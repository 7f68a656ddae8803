package io.cephcsi.cmd;

import java.util.Map;
import java.util.TreeMap;

/** Labels with their values, as flags have them. */
final class Labels {
  private Labels() {}

  /**
   * Reads {@code region=r1,zone=z2}.
   *
   * @throws IllegalArgumentException when the text is not of that form
   */
  static Map<String, String> of(String text) {
    Map<String, String> labels = new TreeMap<>();
    if (text.isEmpty()) {
      return labels;
    }
    for (String pair : text.split(",", -1)) {
      int equals = pair.indexOf('=');
      if (equals <= 0 || equals == pair.length() - 1) {
        throw new IllegalArgumentException("\"%s\" is not label=value".formatted(pair));
      }
      if (labels.put(pair.substring(0, equals), pair.substring(equals + 1)) != null) {
        throw twice(pair);
      }
    }
    return labels;
  }

  static IllegalArgumentException twice(String pair) {
    return new IllegalArgumentException("\"%s\" is there twice".formatted(pair));
  }
}
