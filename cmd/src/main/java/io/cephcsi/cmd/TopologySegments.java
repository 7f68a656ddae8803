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
    for (var label : Labels.of(text).entrySet()) {
      if (segments.put(key(label.getKey(), driverName), label.getValue()) != null) {
        throw Labels.twice(label.toString());
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
