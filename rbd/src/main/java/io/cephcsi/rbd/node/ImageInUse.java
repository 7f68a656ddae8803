package io.cephcsi.rbd.node;

import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.ImageWatchers;

/** Who has an image open. */
final class ImageInUse {
  private ImageInUse() {}

  /**
   * Refuses an image that more clients have open than expected.
   *
   * @param expected how many are ours
   * @throws CsiException.FailedPrecondition naming the clients' addresses
   */
  static void refuse(Pool pool, ImageSpec spec, int expected) {
    var watchers = ImageWatchers.of(pool, spec.image());
    if (watchers.all().size() > expected) {
      throw new CsiException.FailedPrecondition(
          "image %s is in use by %s: a volume for one node can be staged here when it is unstaged there"
              .formatted(spec, watchers.addresses()));
    }
  }
}
