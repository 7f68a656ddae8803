package io.cephcsi.rbd;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.Watcher;
import io.cephcsi.cluster.Blocklist;
import io.cephcsi.cluster.ClusterConfig;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The clients that have an image open for writing.
 *
 * @param mirrored whether daemons of rbd-mirror may be among them, which do not hinder anybody
 */
public record ImageWatchers(List<Watcher> all, boolean mirrored) {
  public ImageWatchers {
    all = List.copyOf(all);
  }

  /** Opens the image to look; none for an image that is gone. */
  public static ImageWatchers of(Pool pool, String name) {
    try (Image image = pool.openImageReadOnly(name)) {
      return new ImageWatchers(image.watchers(), image.mirrored());
    } catch (CephException e) {
      if (e.errno() == Errno.ENOENT) {
        return new ImageWatchers(List.of(), false);
      }
      throw e;
    }
  }

  /** Those that are not this client itself. */
  public ImageWatchers without(Cluster self) {
    String own = self.clientAddresses();
    return new ImageWatchers(
        all.stream().filter(w -> !own.contains(w.address())).toList(), mirrored);
  }

  /** Those that the cluster still listens to. */
  public ImageWatchers without(Blocklist blocklist) {
    return new ImageWatchers(
        all.stream().filter(watcher -> !blocklist.has(watcher.address())).toList(), mirrored);
  }

  /**
   * Whether there are more than expected. Of a mirrored image as many are expected besides as
   * config.json says that there are daemons of rbd-mirror.
   */
  public boolean moreThan(int expected, ClusterConfig config) {
    return all.size() > expected + (mirrored ? config.rbd().mirrorDaemons() : 0);
  }

  /** Their addresses, for people. */
  public String addresses() {
    return all.stream().map(Watcher::address).collect(Collectors.joining(", "));
  }
}
