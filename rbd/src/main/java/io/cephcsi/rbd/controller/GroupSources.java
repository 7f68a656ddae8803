package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.Volumes;
import java.util.ArrayList;
import java.util.List;

/** The volumes of a group, opened, and shared with who only reads them, until this is closed. */
final class GroupSources implements AutoCloseable {
  private final List<Source> all = new ArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();

  /** A volume and the plan of its snapshot. */
  record Source(Volume volume, SnapshotPlan plan) {}

  private GroupSources() {}

  /**
   * Opens them.
   *
   * @throws CsiException.NotFound when a volume is missing
   * @throws CsiException.Aborted when another call changes one
   */
  @SuppressWarnings("MustBeClosedChecker") // what is opened here is owned by the answer
  static GroupSources open(GroupPlan plan, Volumes volumes, NameLocks names) {
    var sources = new GroupSources();
    try {
      for (SnapshotPlan member : plan.members()) {
        sources.open.add(names.share(member.sourceId()));
        Volume volume = volumes.require(member.sourceId(), member.credentials());
        sources.open.add(volume);
        sources.all.add(new Source(volume, member));
      }
      return sources;
    } catch (Throwable e) {
      sources.close();
      throw e;
    }
  }

  List<Source> all() {
    return List.copyOf(all);
  }

  /**
   * A group's snapshot is one moment of all volumes only if nobody writes while it is cut; Ceph
   * sees to that by the exclusive locks.
   *
   * @throws CsiException.FailedPrecondition when a volume without lock is in use
   * @throws CsiException.NotFound when a volume's image is missing
   */
  void requireOneMoment() {
    for (Source source : all) {
      Pool pool = source.volume().pool();
      String name = source.volume().entry().imageName();
      String id = pool.imageId(name).orElseThrow(() -> missing(source));
      ImageHeader header = pool.imageHeader(id).orElseThrow(() -> missing(source));
      boolean locks = Feature.EXCLUSIVE_LOCK.in(header.features());
      if (all.size() > 1 && !locks && pool.imageWatched(id)) {
        throw new CsiException.FailedPrecondition(
            "volume %s is in use and its image %s has no feature exclusive-lock, without which several volumes cannot be cut at one moment: stop its pods, or enable the feature (rbd feature enable) and put it into imageFeatures of the class"
                .formatted(source.plan().sourceId(), name));
      }
    }
  }

  private static CsiException.NotFound missing(Source source) {
    return Volumes.missing(source.plan().sourceId());
  }

  @Override
  public void close() {
    for (AutoCloseable each : open.reversed()) {
      close(each);
    }
  }

  private static void close(AutoCloseable each) {
    try {
      each.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e); // neither holds nor volumes throw it
    }
  }
}
