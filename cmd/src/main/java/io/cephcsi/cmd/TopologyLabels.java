package io.cephcsi.cmd;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Labels that tell where a node is, and what they are in CSI's topology. */
final class TopologyLabels {
  private TopologyLabels() {}

  /**
   * Reads {@code region=r1,zone=z2}.
   *
   * @return the values by their labels
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
        throw new IllegalArgumentException(
            "\"%s\" is not label=value: write labels like region=r1,zone=z1".formatted(pair));
      }
      if (labels.put(pair.substring(0, equals), pair.substring(equals + 1)) != null) {
        throw new IllegalArgumentException(
            "\"%s\" has a label that is there already: name each once".formatted(pair));
      }
    }
    return labels;
  }

  /** The values by {@code topology.<driver's name>/<label>}. */
  static Map<String, String> segments(Map<String, String> labels, String driverName) {
    String prefix = "topology." + driverName.toLowerCase(Locale.ROOT) + "/";
    Map<String, String> segments = new TreeMap<>();
    labels.forEach((label, value) -> segments.put(prefix + shortName(label), value));
    return segments;
  }

  /** A label without its own prefix: they are unique behind it. */
  static String shortName(String label) {
    return label.substring(label.indexOf('/') + 1);
  }
}
