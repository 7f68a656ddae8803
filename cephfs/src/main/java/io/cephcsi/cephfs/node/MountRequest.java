package io.cephcsi.cephfs.node;

import io.cephcsi.ceph.Credentials;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What is to be mounted where.
 *
 * @param options of the class, config.json or flags, near reads, and the volume, in that order
 */
record MountRequest(VolumeRoot root, Credentials credentials, List<String> options, Path target) {
  MountRequest {
    options = List.copyOf(options);
  }

  /** A command, run in the network namespace that config.json names for the cluster, if any. */
  List<String> inNetNamespace(List<String> command) {
    String namespace = root.cluster().cephFs().netNamespacePath();
    if (namespace.isEmpty()) {
      return command;
    }
    List<String> wrapped = new ArrayList<>(List.of("nsenter", "--net=" + namespace, "--"));
    wrapped.addAll(command);
    return wrapped;
  }
}
