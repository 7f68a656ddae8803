package io.cephcsi.rbd.node;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.csi.host.Patience;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Whether a device is unused, for mappers that could take it away from below a mounted filesystem:
 * what was not yet written would be lost. The kernel's own mapper refuses by itself.
 *
 * @param patience how long one who is about to let it go may take
 */
record Unused(Mounts mounts, BlockDevices blockDevices, Claims claims, Duration patience) {
  private static final Duration PAUSE = Duration.ofMillis(20);

  /** Tells whether somebody has a device for himself. */
  interface Claims {
    boolean held(Path device) throws IOException;
  }

  /**
   * Refuses a device that is mounted, or that a filesystem has which is still written out.
   *
   * @throws CsiException.FailedPrecondition when it is in use
   */
  void require(MappedDevice device) {
    String numbers = blockDevices.numbers(device.path());
    if (mounts.all().stream()
        .anyMatch(m -> m.device().equals(numbers) || m.isNodeOf(device.path()))) {
      throw new CsiException.FailedPrecondition(
          "%s, which shows image %s, is still mounted: unmount it first"
              .formatted(device.path(), device.image()));
    }
    var left = new Patience(patience, PAUSE);
    while (held(device)) {
      if (!left.pauses()) {
        throw new CsiException.FailedPrecondition(
            "%s, which shows image %s, is still held by a filesystem that is being unmounted or is mounted elsewhere, or by a program: wait for its end, the call can be repeated"
                .formatted(device.path(), device.image()));
      }
    }
  }

  /**
   * What nobody serves is not asked, since asking would wait, and it is written no more. A device
   * that cannot be opened is held by nobody.
   */
  private boolean held(MappedDevice device) {
    try {
      return device.served() && claims.held(device.path());
    } catch (IOException e) {
      return false;
    }
  }
}
