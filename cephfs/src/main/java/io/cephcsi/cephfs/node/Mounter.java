package io.cephcsi.cephfs.node;

import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.csi.host.Mount;
import java.nio.file.Path;
import java.util.List;

/** A way to mount a directory of CephFS. */
sealed interface Mounter permits KernelMounter, FuseMounter {
  /** As classes name it. */
  String name();

  /** Why it cannot be used on this node; empty when it can. */
  String trouble();

  /** The options that a mount gets, with those that this mounter has of its own. */
  List<String> options(StagePlan plan, ClusterConfig cluster);

  /**
   * Mounts; the target has been seen to be free.
   *
   * @throws io.cephcsi.csi.CsiException with the remedy, when it is refused
   */
  void mount(MountRequest request);

  /** Whether a mount is one of this mounter's. */
  boolean made(Mount mount);

  /**
   * Whether it can be told that another directory is mounted.
   *
   * @param target where, as it was asked for
   */
  boolean showsOther(Mount mount, Path target, String directory);

  /** Whether both are the same directory; a slash at the end makes no difference. */
  static boolean same(String one, String other) {
    return withoutEnd(one).equals(withoutEnd(other));
  }

  private static String withoutEnd(String path) {
    return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  /** Waits until what was unmounted there has written all that it has. */
  void finish(Path target);
}
