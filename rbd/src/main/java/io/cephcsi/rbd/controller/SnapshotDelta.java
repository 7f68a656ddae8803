package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.Extent;
import io.cephcsi.ceph.Extents;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ParentLink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What differs between two snapshots of a volume: exactly, in blocks, where both have data; where
 * only one has, all of it.
 *
 * <p>The snapshots' images are two clones of one image. Objects of it that were not written between
 * the two snapshots are the same for both; all others are read and compared, and so is what the
 * snapshots' images have of their own, once they are flattened.
 */
final class SnapshotDelta {
  /** Small enough not to tell much more than what changed, large enough for few tuples. */
  private static final int BLOCK = 64 << 10;

  /** Read at once of each snapshot. */
  private static final int READ = 4 << 20;

  private final SnapshotContent base;
  private final SnapshotContent target;

  /** The volume's snapshot that the base hangs on, when both hang on one volume. */
  private final Optional<ParentLink> common;

  SnapshotDelta(SnapshotContent base, SnapshotContent target) {
    this.base = base;
    this.target = target;
    this.common = base.link().filter(link -> isOnSameImage(link) && volumeHasSameOverlap());
  }

  private boolean isOnSameImage(ParentLink one) {
    return target
        .link()
        .filter(other ->
            one.poolId() == other.poolId()
                && one.namespace().equals(other.namespace())
                && one.imageId().equals(other.imageId()))
        .isPresent();
  }

  /** Otherwise the volume was flattened or made smaller: what it has not itself may differ too. */
  private boolean volumeHasSameOverlap() {
    Optional<Long> one = base.volume().map(Image::overlapBytes);
    return one.equals(target.volume().map(Image::overlapBytes));
  }

  /** What differs in a stretch of the target. */
  Extents in(long offset, long length) {
    Extents before = base.allocated(offset, length);
    Extents after = target.allocated(offset, length);
    Extents both = before.within(after);
    Extents changed = before.and(after).without(both).and(differing(suspicious(both)));
    base.requireUnchanged();
    target.requireUnchanged();
    return changed.within(Extents.of(offset, length));
  }

  private Extents suspicious(Extents both) {
    if (common.isEmpty()) {
      return both;
    }
    Extents written = target.volume().orElseThrow().touched(common.get().snapshotId(), both);
    return written.and(ofItsOwn(base, both)).and(ofItsOwn(target, both));
  }

  private static Extents ofItsOwn(SnapshotContent snapshot, Extents within) {
    if (within.isEmpty()) {
      return Extents.NONE;
    }
    long from = within.all().getFirst().offset();
    return snapshot.image().allocated(from, within.all().getLast().end() - from).within(within);
  }

  private Extents differing(Extents suspicious) {
    List<Extent> differing = new ArrayList<>();
    for (Extent extent : suspicious.all()) {
      for (long from = extent.offset(); from < extent.end(); from += READ) {
        compare(from, (int) Math.min(READ, extent.end() - from), differing);
      }
    }
    return new Extents(differing);
  }

  /** The stretch lies in both, since both have data there. */
  private void compare(long offset, int length, List<Extent> differing) {
    byte[] before = new byte[length];
    byte[] after = new byte[length];
    base.image().read(offset, before);
    target.image().read(offset, after);
    for (int from = 0; from < length; from += BLOCK) {
      int end = Math.min(from + BLOCK, length);
      if (!Arrays.equals(before, from, end, after, from, end)) {
        differing.add(new Extent(offset + from, end - from));
      }
    }
  }
}
