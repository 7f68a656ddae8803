package io.cephcsi.csi.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A control group at the top of the node's hierarchy, for processes that are to live on when the
 * driver's container ends: a container's runtime ends all that is in the container's own group. See
 * cgroups(7).
 */
public final class ControlGroup {
  private static final String MEMBERS = "cgroup.procs";

  private final Path hierarchy;
  private final String name;

  /**
   * @param hierarchy normally {@code /sys/fs/cgroup}, the node's own
   */
  public ControlGroup(Path hierarchy, String name) {
    this.hierarchy = hierarchy;
    this.name = name;
  }

  /**
   * Moves a process into it.
   *
   * @return false when this node has no version 2 of control groups, or it cannot be written
   */
  public boolean adopt(long pid) {
    Path top = Files.exists(hierarchy.resolve(MEMBERS)) ? hierarchy : hierarchy.resolve("unified");
    if (!Files.exists(top.resolve(MEMBERS))) {
      return false;
    }
    try {
      Path group = Files.createDirectories(top.resolve(name));
      Files.writeString(group.resolve(MEMBERS), Long.toString(pid));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
