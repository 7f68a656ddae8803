package io.cephcsi.rbd;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Watcher;
import io.cephcsi.cluster.Blocklist;
import io.cephcsi.cluster.ClusterConfig;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The clients that have an image open for writing.
 *
 * @param mirrorDaemons how many of them are taken for daemons of rbd-mirror, which do not hinder
 *     anybody
 */
public record ImageWatchers(List<Watcher> all, int mirrorDaemons) {
  public ImageWatchers {
    all = List.copyOf(all);
  }

  /**
   * Opens the image to look; none for an image that is gone. Of a mirrored image as many are taken
   * for daemons of rbd-mirror as config.json says that there are.
   */
  public static ImageWatchers of(OpenPool opened, String name) {
    try (Image image = opened.pool().openImageReadOnly(name)) {
      return of(image, opened.config());
    } catch (CephException e) {
      return none(e);
    }
  }

  /** As {@link #of(OpenPool, String)}, by the image's id; also of an image in the trash. */
  public static ImageWatchers ofId(OpenPool opened, String imageId) {
    try (Image image = opened.pool().openImageByIdReadOnly(imageId)) {
      return of(image, opened.config());
    } catch (CephException e) {
      return none(e);
    }
  }

  /** Where no daemons are configured, the image is not asked. */
  private static ImageWatchers of(Image image, ClusterConfig config) {
    int configured = config.rbd().mirrorDaemons();
    return new ImageWatchers(image.watchers(), configured > 0 && image.mirrored() ? configured : 0);
  }

  private static ImageWatchers none(CephException e) {
    if (e.errno() != Errno.ENOENT) {
      throw e;
    }
    return new ImageWatchers(List.of(), 0);
  }

  /** Those that are not this client itself. */
  public ImageWatchers without(Cluster self) {
    return withoutClient(self.clientAddresses());
  }

  /** Those that are not the client with these addresses; all for an empty text. */
  public ImageWatchers withoutClient(String addresses) {
    return new ImageWatchers(
        all.stream().filter(w -> !contains(addresses, w.address())).toList(), mirrorDaemons);
  }

  /** Those that are on other machines than this client. */
  public ImageWatchers elsewhere(Cluster self) {
    return new ImageWatchers(
        all.stream().filter(w -> !contains(self.clientAddresses(), host(w))).toList(),
        mirrorDaemons);
  }

  /** {@code 10.0.0.7:0/} of {@code 10.0.0.7:0/123456}: the port of all who only ask is 0. */
  private static String host(Watcher watcher) {
    return watcher.address().substring(0, watcher.address().indexOf('/') + 1);
  }

  /** Not as a part of a longer nonce or host. */
  private static boolean contains(String addresses, String address) {
    String end = address.endsWith("/") ? "" : "(?![0-9])";
    return Pattern.compile("(?<![0-9.])" + Pattern.quote(address) + end).matcher(addresses).find();
  }

  /** Those that the cluster still listens to. */
  public ImageWatchers without(Blocklist blocklist) {
    return new ImageWatchers(
        all.stream().filter(watcher -> !blocklist.has(watcher.address())).toList(), mirrorDaemons);
  }

  /** Whether there are more than expected, daemons of rbd-mirror left out. */
  public boolean moreThan(int expected) {
    return all.size() > expected + mirrorDaemons;
  }

  /** Their addresses, for people. */
  public String addresses() {
    return all.stream().map(Watcher::address).collect(Collectors.joining(", "));
  }
}
