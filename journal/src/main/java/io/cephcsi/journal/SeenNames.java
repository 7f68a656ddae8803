package io.cephcsi.journal;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Names that this process has come across lately. One that it has not is most likely new. Nothing
 * but the number of operations depends on it. For several threads at a time.
 */
final class SeenNames {
  private static final int MOST = 1000;

  private final SequencedMap<String, Boolean> names =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > MOST;
        }
      };

  /** Whether it is the first time; from now on it is not. */
  synchronized boolean firstTime(String name) {
    return names.put(name, true) == null;
  }
}
