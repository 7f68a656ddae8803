package io.cephcsi.rbd.node;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.Watcher;
import io.cephcsi.csi.CsiException;
import java.util.List;
import java.util.stream.Collectors;

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
    List<Watcher> watchers = watchers(pool, spec.image());
    if (watchers.size() > expected) {
      throw new CsiException.FailedPrecondition(
          "image %s is in use by %s: a volume for one node can be staged here when it is unstaged there"
              .formatted(
                  spec, watchers.stream().map(Watcher::address).collect(Collectors.joining(", "))));
    }
  }

  private static List<Watcher> watchers(Pool pool, String name) {
    try (Image image = pool.openImageReadOnly(name)) {
      return image.watchers();
    } catch (CephException e) {
      if (e.errno() == Errno.ENOENT) {
        return List.of();
      }
      throw e;
    }
  }
}
