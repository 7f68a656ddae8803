package io.cephcsi.e2e;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Clusters;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.Watcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What exists of volumes and snapshots at this moment: images, groups, journal, trash, watchers,
 * mounts, devices.
 */
public final class Remains implements AutoCloseable {
  /** The journal's directories, and before the UUID in the objects that they lead to. */
  private static final Map<String, String> DIRECTORIES =
      Map.of(
          "csi.volumes.default", "csi.volume.",
          "csi.snaps.default", "csi.snap.",
          "csi.groups.default", "csi.volume.group.");

  private final Clusters clusters = new ConnectionPool(ConnectionSettings.DEFAULT);
  private final ThrowawayCeph ceph;
  private final Path folder;

  /**
   * @param folder below which volumes are staged and published
   */
  public Remains(ThrowawayCeph ceph, Path folder) {
    this.ceph = ceph;
    this.folder = folder;
  }

  /** One line a thing; empty when nothing is there at all. */
  public List<String> all() throws IOException {
    List<String> things = new ArrayList<>();
    try (Cluster cluster = clusters.lend(ceph.monitors(), ceph.credentials());
        Pool pool = cluster.openPool(ceph.pool(), "")) {
      pool.images().forEach((name, _) -> things.add(image(pool, name)));
      journal(pool, things);
      pool.groups().forEach(group -> things.add("group " + group));
      pool.trashEntries().forEach(e -> things.add("trash " + e.name()));
    }
    things.addAll(mounts(folder));
    return things;
  }

  /** What is mounted below a folder. */
  static List<String> mounts(Path folder) throws IOException {
    List<String> mounts = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
      String[] fields = line.split(" ", -1);
      if (fields[4].startsWith(folder.toString())) {
        String[] source = line.split(" - ", 2)[1].split(" ", -1);
        mounts.add("mount %s on %s".formatted(source[1], folder.relativize(Path.of(fields[4]))));
      }
    }
    return mounts;
  }

  private static String image(Pool pool, String name) {
    try (Image image = pool.openImageReadOnly(name)) {
      List<String> watchers = image.watchers().stream().map(Watcher::address).toList();
      // A snapshot's image has one of its own name, from which volumes are restored.
      List<String> snapshots =
          image.snapshots().stream()
              .map(ImageSnapshot::name)
              .filter(cut -> !cut.equals(name))
              .toList();
      return "image %s %d GiB%s%s"
          .formatted(
              name,
              image.sizeBytes() >> 30,
              watchers.isEmpty() ? "" : ", mapped by " + String.join(", ", watchers),
              snapshots.isEmpty() ? "" : ", cut for " + String.join(", ", snapshots));
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
      return "image %s, just being made or removed".formatted(name);
    }
  }

  private static void journal(Pool pool, List<String> things) {
    DIRECTORIES.forEach((directory, prefix) ->
        pool.list(directory, "", 1000)
            .forEach((name, uuid) -> things.add(entry(pool, name, prefix + uuid))));
  }

  private static String entry(Pool pool, String name, String object) {
    int keys = pool.list(object, "", 100).size();
    return "omap %s, its object has %d keys".formatted(name, keys);
  }

  /** Waits until nothing is there, since purges go on by themselves; gives back what still is. */
  public List<String> awaitNothing(Duration patience) throws IOException, InterruptedException {
    return awaitNone(_ -> true, patience);
  }

  /** As {@link #awaitNothing}, of some things. */
  List<String> awaitNone(Predicate<String> thing, Duration patience)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    List<String> left = all().stream().filter(thing).toList();
    while (!left.isEmpty() && System.nanoTime() < end) {
      Thread.sleep(50);
      left = all().stream().filter(thing).toList();
    }
    return left;
  }

  @Override
  public void close() {
    clusters.close();
  }
}
