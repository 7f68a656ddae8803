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
import java.util.regex.Pattern;
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
      return of(image);
    } catch (CephException e) {
      return none(e);
    }
  }

  /** As {@link #of(Pool, String)}, by the image's id; also of an image in the trash. */
  public static ImageWatchers ofId(Pool pool, String imageId) {
    try (Image image = pool.openImageByIdReadOnly(imageId)) {
      return of(image);
    } catch (CephException e) {
      return none(e);
    }
  }

  private static ImageWatchers of(Image image) {
    return new ImageWatchers(image.watchers(), image.mirrored());
  }

  private static ImageWatchers none(CephException e) {
    if (e.errno() != Errno.ENOENT) {
      throw e;
    }
    return new ImageWatchers(List.of(), false);
  }

  /** Those that are not this client itself. */
  public ImageWatchers without(Cluster self) {
    return withoutClient(self.clientAddresses());
  }

  /** Those that are not the client with these addresses; all for an empty text. */
  public ImageWatchers withoutClient(String addresses) {
    return new ImageWatchers(
        all.stream().filter(w -> !contains(addresses, w.address())).toList(), mirrored);
  }

  /** Not as a part of a longer nonce or host. */
  private static boolean contains(String addresses, String address) {
    return Pattern.compile("(?<![0-9.])" + Pattern.quote(address) + "(?![0-9])")
        .matcher(addresses)
        .find();
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
