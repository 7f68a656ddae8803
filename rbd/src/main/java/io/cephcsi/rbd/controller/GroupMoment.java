package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.Extent;
import io.cephcsi.ceph.Extents;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.ParentLink;
import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.Volume;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/**
 * The moment of a group's snapshot, one and the same for all volumes of the group.
 *
 * <p>Ceph clones a group's snapshot by its id, which most versions cannot. So a volume is cut once
 * more, by name, right after the group; what was written to it in between is taken back in the copy
 * alone. That is little, however large the volume is.
 *
 * @param group the RBD group, and its snapshot
 */
record GroupMoment(String group) implements Moment {
  private static final int BLOCK = 64 << 10;
  private static final int READ = 4 << 20;

  @Override
  public Instant settle(Volume source, String copyImage, Instant cutAt) {
    Pool pool = source.pool();
    String volume = source.entry().imageName();
    try (Image then = pool.openImageReadOnly(volume);
        Image cut = pool.openImageReadOnly(volume);
        Image copy = pool.openImage(copyImage)) {
      ImageSnapshot moment = of(then);
      ParentLink link = copy.parentLink().orElseThrow(() -> beingFlattened(copyImage));
      then.show(moment.id());
      cut.show(link.snapshotId());
      Extents written = written(then, moment, cut);
      // When the copy let go of its parent, the snapshot may have gone while it was looked at.
      if (!pool.imageParent(copy.id()).equals(Optional.of(link))) {
        throw beingFlattened(copyImage);
      }
      takeBack(written, then, copy);
      return moment.createdAt();
    }
  }

  /** The group's snapshot on one of its volumes. */
  ImageSnapshot of(Image volume) {
    return in(volume)
        .orElseThrow(() ->
            new CsiException.Aborted(
                "image %s lost the snapshot of group %s, which somebody else removed: ask again, then all volumes are cut anew"
                    .formatted(volume.id(), group)));
  }

  /** As {@link #of}; empty when it is gone. */
  Optional<ImageSnapshot> in(Image volume) {
    return volume.groupSnapshot(group, group);
  }

  private static Extents written(Image then, ImageSnapshot moment, Image cut) {
    long bytes = then.sizeBytes();
    if (then.overlapBytes() != cut.overlapBytes()) {
      return Extents.of(0, bytes); // it was flattened in between, so that nothing is as it was
    }
    Extents data = then.allocated(0, bytes).and(cut.allocated(0, bytes));
    return cut.touched(moment.id(), data);
  }

  private static void takeBack(Extents written, Image then, Image copy) {
    if (copy.sizeBytes() != then.sizeBytes()) {
      copy.resize(then.sizeBytes());
    }
    for (Extent extent : written.all()) {
      for (long from = extent.offset(); from < extent.end(); from += READ) {
        takeBack(from, (int) Math.min(READ, extent.end() - from), then, copy);
      }
    }
  }

  private static void takeBack(long offset, int length, Image then, Image copy) {
    byte[] wanted = new byte[length];
    byte[] there = new byte[length];
    then.read(offset, wanted);
    copy.read(offset, there);
    for (int from = 0; from < length; from += BLOCK) {
      int end = Math.min(from + BLOCK, length);
      if (!Arrays.equals(wanted, from, end, there, from, end)) {
        copy.write(offset + from, Arrays.copyOfRange(wanted, from, end));
      }
    }
  }

  private static CsiException.Aborted beingFlattened(String image) {
    return new CsiException.Aborted("image " + image + " was flattened just now, ask again");
  }
}
