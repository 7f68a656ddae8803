package io.cephcsi.cephfs.node;

import io.cephcsi.cephfs.ClassParameter;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.Mount;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The ways to mount, in the order in which they are tried. */
record Mounters(List<Mounter> all) {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  Mounters {
    all = List.copyOf(all);
  }

  /**
   * The mounter that a class wishes, or the first that can be used.
   *
   * @throws CsiException.InvalidArgument when there is none of that name
   * @throws CsiException.FailedPrecondition when the wish cannot be met on this node
   */
  Mounter choose(StagePlan plan) {
    String wish = plan.attribute(ClassParameter.MOUNTER);
    if (wish.isEmpty()) {
      return usable().orElseThrow(() -> refused("volume %s".formatted(plan.volumeId()), all));
    }
    Mounter wished = named(wish);
    String trouble = wished.trouble();
    if (trouble.isEmpty()) {
      return wished;
    }
    String what = "volume %s is for mounter %s".formatted(plan.volumeId(), wish);
    if (!plan.attribute(ClassParameter.TRY_OTHER_MOUNTERS).equals("true")) {
      throw refused(what, List.of(wished));
    }
    Mounter other = usable().orElseThrow(() -> refused(what, all));
    LOG.log(
        System.Logger.Level.WARNING, "{0}, but {1}: {2} mounts it", what, trouble, other.name());
    return other;
  }

  private Optional<Mounter> usable() {
    return all.stream().filter(mounter -> mounter.trouble().isEmpty()).findFirst();
  }

  private Mounter named(String name) {
    return all.stream()
        .filter(mounter -> mounter.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new CsiException.InvalidArgument(
                "mounter %s is unknown: use kernel or fuse".formatted(name)));
  }

  private static CsiException refused(String what, List<Mounter> tried) {
    return new CsiException.FailedPrecondition(
        "%s, and on this node %s; mend that, or set mounter in the class, or tryOtherMounters: \"true\""
            .formatted(
                what,
                tried.stream()
                    .map(mounter -> mounter.name() + " cannot be used: " + mounter.trouble())
                    .collect(Collectors.joining("; "))));
  }

  /** The one that made a mount; empty when none did. */
  Optional<Mounter> of(Mount mount) {
    return all.stream().filter(mounter -> mounter.made(mount)).findFirst();
  }

  /** Waits until what was unmounted there has written all that it has. */
  void finish(Path target) {
    all.forEach(mounter -> mounter.finish(target));
  }
}
