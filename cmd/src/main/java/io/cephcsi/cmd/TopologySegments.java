package io.cephcsi.cmd;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Where a node is, in the terms of CSI's topology. */
final class TopologySegments {
  private TopologySegments() {}

  /**
   * Reads {@code region=r1,zone=z2}.
   *
   * @return the values by {@code topology.<driver's name>/<label>}
   * @throws IllegalArgumentException when the text is not of that form
   */
  static Map<String, String> of(String text, String driverName) {
    Map<String, String> segments = new TreeMap<>();
    if (text.isEmpty()) {
      return segments;
    }
    for (String pair : text.split(",", -1)) {
      int equals = pair.indexOf('=');
      if (equals <= 0 || equals == pair.length() - 1) {
        throw new IllegalArgumentException("\"%s\" is not label=value".formatted(pair));
      }
      if (segments.put(key(pair.substring(0, equals), driverName), pair.substring(equals + 1))
          != null) {
        throw new IllegalArgumentException("\"%s\" is there twice".formatted(pair));
      }
    }
    return segments;
  }

  /** The key of a label, whose own prefix is left out: labels are unique behind it. */
  static String key(String label, String driverName) {
    return "topology."
        + driverName.toLowerCase(Locale.ROOT)
        + "/"
        + label.substring(label.indexOf('/') + 1);
  }
}
