package io.cephcsi.cephfs.controller;

import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Volume;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import java.util.ArrayList;
import java.util.List;

/** The volumes of a group, opened, and shared with who only reads them, until this is closed. */
final class GroupSources implements AutoCloseable {
  private final List<Source> all = new ArrayList<>();
  private final List<NameLocks.Hold> holds = new ArrayList<>();

  /** A volume, and its id as the request has it. */
  record Source(String id, Volume volume) {}

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
      for (String id : plan.sourceIds()) {
        sources.holds.add(names.share(id));
        sources.all.add(new Source(id, volumes.require(id, plan.credentials())));
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
   * Refuses volumes that do not lie beside each other, and whose snapshots would be looked for
   * elsewhere.
   *
   * @param opened what the class names
   * @throws CsiException.InvalidArgument when one is in another place
   */
  void requireIn(OpenFileSystem opened) {
    for (Source source : all) {
      OpenFileSystem place = source.volume().opened();
      boolean same =
          place.cluster().fsid().equals(opened.cluster().fsid())
              && place.fileSystem().id() == opened.fileSystem().id()
              && place.config().cephFs().equals(opened.config().cephFs());
      if (!same) {
        throw new CsiException.InvalidArgument(
            "volume %s is in another cluster, filesystem, subvolume group or RADOS namespace than clusterID %s and fsName %s, and a group is in one: leave the volume out"
                .formatted(source.id(), opened.config().clusterId(), opened.fileSystem().name()));
      }
    }
  }

  @Override
  public void close() {
    all.reversed().forEach(source -> source.volume().close());
    holds.reversed().forEach(NameLocks.Hold::close);
  }
}
