package io.cephcsi.cluster.care;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Keys and values as people may see them: without those that may be secret. */
public final class Concealed {
  /** What stands in the place of a value that is not shown. */
  public static final String HIDDEN = "(hidden)";

  /** Keys under which drivers keep wrapped keys and the like. */
  private static final Pattern SECRET =
      Pattern.compile(
          "(^|[./_-])dek$|passphrase|password|secret|token|userkey|adminkey|privatekey",
          Pattern.CASE_INSENSITIVE);

  private Concealed() {}

  /** The same keys, in their order. */
  public static Map<String, String> of(Map<String, String> values) {
    Map<String, String> shown = new TreeMap<>(values);
    shown.replaceAll((key, value) -> SECRET.matcher(key).find() ? HIDDEN : value);
    return shown;
  }
}
