package io.cephcsi.cephfs.node;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The options of one mount, each once, in the order in which they were told. */
final class MountOptions {
  private final Set<String> options = new LinkedHashSet<>();

  /** Adds a list with commas; empty adds nothing. */
  MountOptions with(String list) {
    return with(Arrays.asList(list.split(",", -1)));
  }

  /** Adds options; one may have commas within quotes, as SELinux's contexts do. */
  MountOptions with(List<String> more) {
    more.stream().filter(option -> !option.isEmpty()).forEach(options::add);
    return this;
  }

  /** Adds {@code key=value} unless there is an option with that key. */
  MountOptions withDefault(String key, String value) {
    if (options.stream().noneMatch(o -> o.startsWith(key + "="))) {
      options.add(key + "=" + value);
    }
    return this;
  }

  List<String> all() {
    return List.copyOf(options);
  }
}
