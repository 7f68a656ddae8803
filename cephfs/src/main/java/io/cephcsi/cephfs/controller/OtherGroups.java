package io.cephcsi.cephfs.controller;

import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Subvolumes;
import io.cephcsi.csi.CsiException;
import java.util.function.Predicate;

/**
 * The subvolume groups that config.json does not name. It may have named one when a volume was
 * made: then the volume is not gone, and its journal entry is all that leads to it.
 */
final class OtherGroups {
  private OtherGroups() {}

  /**
   * Refuses to take for gone what is in one of them; some commands.
   *
   * @param what the volume or snapshot that is to be deleted
   * @throws CsiException.FailedPrecondition when it is there
   */
  static void requireNone(OpenFileSystem opened, String what, Predicate<Subvolumes> has) {
    for (Subvolumes other : opened.subvolumes().others()) {
      if (has.test(other)) {
        throw new CsiException.FailedPrecondition(
            "%s is in subvolume group %s, and config.json names %s for clusterID %s: name that one as subvolumeGroup until it is deleted"
                .formatted(
                    what,
                    other.group().isEmpty() ? "_nogroup" : other.group(),
                    opened.subvolumes().group(),
                    opened.config().clusterId()));
      }
    }
  }
}
