package io.cephcsi.cmd.people;

import io.cephcsi.cephfs.FileSystem;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Where a command looks: in what is named, or everywhere. */
final class Places {
  @Option(
      names = "--pool",
      paramLabel = "NAME",
      description = "Only this pool of images; repeatable.")
  List<String> pools = new ArrayList<>();

  @Option(names = "--fs", paramLabel = "NAME", description = "Only this filesystem; repeatable.")
  List<String> fileSystems = new ArrayList<>();

  /** Whether anything is named. */
  boolean named() {
    return !pools.isEmpty() || !fileSystems.isEmpty();
  }

  List<String> pools(Connected connected) {
    return pools.isEmpty() && named() ? List.of() : connected.pools(pools);
  }

  List<FileSystem> fileSystems(Connected connected) {
    return fileSystems.isEmpty() && named() ? List.of() : connected.fileSystems(fileSystems);
  }
}
