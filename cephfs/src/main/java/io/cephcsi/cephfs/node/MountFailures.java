package io.cephcsi.cephfs.node;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.CommandFailed;

/** What it means when a mounter refuses. */
final class MountFailures {
  /** As a command's words begin that did not get as far as to mount. */
  private static final String NSENTER = ": nsenter: ";

  private MountFailures() {}

  /** The refusal, by the errno that mount.ceph and ceph-fuse put into words. */
  static CsiException told(MountRequest request, CommandFailed e) {
    VolumeRoot root = request.root();
    String what =
        "%s of cluster %s is not mounted: %s"
            .formatted(root.directory(), root.cluster().clusterId(), e.getMessage());
    String said = String.valueOf(e.getMessage());
    if (said.contains(NSENTER)) {
      return new CsiException.FailedPrecondition(
          what
              + "; see whether netNamespaceFilePath %s of clusterID %s in config.json is a network namespace of this node"
                  .formatted(
                      root.cluster().cephFs().netNamespacePath(), root.cluster().clusterId()));
    }
    if (has(said, 2, "No such file or directory")) {
      return new CsiException.NotFound(
          what + "; the directory or the filesystem is not there: see ceph fs subvolume ls");
    }
    if (has(said, 13, "Permission denied") || has(said, 1, "Operation not permitted")) {
      return new CsiException.PermissionDenied(
          what
              + "; see the user's key in the secret and its caps (ceph fs authorize): %s needs mds caps for that path"
                  .formatted(request.credentials()));
    }
    if (has(said, 22, "Invalid argument") || said.contains("unknown option")) {
      return new CsiException.FailedPrecondition(
          what
              + "; see the options %s, and the kernel's log (dmesg)"
                  .formatted(String.join(",", request.options())));
    }
    return new CsiException.Unavailable(
        what
            + "; see whether filesystem %s has an active metadata server (ceph fs status) and the monitors %s can be reached from this node"
                .formatted(root.fileSystem(), root.cluster().monitorList()),
        e);
  }

  private static boolean has(String said, int errno, String words) {
    return said.contains("error %d = ".formatted(errno))
        || said.contains("failed with (%d)".formatted(errno))
        || said.contains(words);
  }
}
