package io.cephcsi.rbd.node;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.Blocklist;
import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.FlatteningClient;
import io.cephcsi.rbd.ImageWatchers;
import io.cephcsi.rbd.Volume;

/** Who has an image open. */
final class ImageInUse {
  private ImageInUse() {}

  /**
   * Refuses an image that more clients have open than expected. Those in the blocklist do not
   * count: they can do nothing, though their watches end later.
   *
   * @param expected how many are ours
   * @throws CsiException.FailedPrecondition naming the clients' addresses
   */
  static void refuse(Volume volume, ImageSpec spec, int expected) {
    refuse(volume, spec, ImageWatchers.of(volume.opened(), spec.image()), expected);
  }

  /**
   * As {@link #refuse(Volume, ImageSpec, int)}, beside a client of this node, whose watch may have
   * ended while the node was cut off.
   *
   * @param client its address; empty when that is unknown, and then it counts as one
   */
  static void refuseBeside(Volume volume, ImageSpec spec, String client) {
    var watchers = ImageWatchers.of(volume.opened(), spec.image()).withoutClient(client);
    refuse(volume, spec, watchers, client.isEmpty() ? 1 : 0);
  }

  /**
   * As {@link #refuse(Volume, ImageSpec, int)}, for a client of this node that is gone, whose watch
   * may last for half a minute more: those of this machine do not count.
   *
   * @throws CsiException.Unavailable naming the clients' addresses: one of them may be a
   *     controller, which has the image open for a while
   */
  static void refuseElsewhere(Volume volume, ImageSpec spec) {
    try {
      var watchers = ImageWatchers.of(volume.opened(), spec.image());
      refuse(volume, spec, watchers.elsewhere(volume.opened().cluster()), 0);
    } catch (CsiException.FailedPrecondition e) {
      throw new CsiException.Unavailable(String.valueOf(e.getMessage()), e);
    }
  }

  private static void refuse(Volume volume, ImageSpec spec, ImageWatchers all, int expected) {
    ImageWatchers watchers = all;
    if (watchers.moreThan(expected)) {
      watchers = listenedTo(volume, watchers).withoutClient(flattening(volume, spec));
    }
    if (watchers.moreThan(expected)) {
      throw new CsiException.FailedPrecondition(
          "image %s is in use by %s, and the volume is for one node: unstage it there; if that node is lost, give it the taint node.kubernetes.io/out-of-service"
              .formatted(spec, watchers.addresses()));
    }
  }

  /** A controller may flatten the image for hours, and the volume can be used meanwhile. */
  private static String flattening(Volume volume, ImageSpec spec) {
    Pool pool = volume.pool();
    return pool.imageId(spec.image()).map(id -> FlatteningClient.of(pool, id)).orElse("");
  }

  /** All of them where the user may not see the blocklist. */
  private static ImageWatchers listenedTo(Volume volume, ImageWatchers watchers) {
    try {
      return watchers.without(Blocklist.of(volume.opened().cluster()));
    } catch (CephException e) {
      return watchers;
    }
  }
}
