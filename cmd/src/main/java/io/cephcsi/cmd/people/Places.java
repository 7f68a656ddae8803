package io.cephcsi.cmd.people;

import io.cephcsi.ceph.CephException;
import io.cephcsi.cephfs.FileSystem;
import io.cephcsi.cephfs.OpenFileSystem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

  /** What is done in a filesystem. */
  interface Visit<T> {
    T at(OpenFileSystem opened) throws IOException;
  }

  /**
   * Opens a filesystem and does something there.
   *
   * @return empty when the user may not read it and it was not named: it is left out, which is told
   */
  <T> Optional<T> visit(Connected connected, Screen screen, FileSystem fs, Visit<T> visit)
      throws IOException {
    try (OpenFileSystem opened = connected.open(fs)) {
      return Optional.of(visit.at(opened));
    } catch (CephException e) {
      if (!e.denied() || !fileSystems.isEmpty()) {
        throw e;
      }
      screen.tell(
          "filesystem %s is left out, %s may not read it: name a user that may, or --pool"
              .formatted(fs.name(), connected.credentials()));
      return Optional.empty();
    }
  }
}
