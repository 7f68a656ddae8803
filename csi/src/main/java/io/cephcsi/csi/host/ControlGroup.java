package io.cephcsi.csi.host;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A control group at the top of the node's hierarchy, for processes that are to live on when the
 * driver's container ends: a container's runtime ends all that is in the container's own group. See
 * cgroups(7).
 */
public final class ControlGroup {
  private static final System.Logger LOG = System.getLogger("cephcsi");
  private static final String MEMBERS = "cgroup.procs";

  private final Path hierarchy;
  private final String name;

  /**
   * @param hierarchy the node's own
   */
  public ControlGroup(Path hierarchy, String name) {
    this.hierarchy = hierarchy;
    this.name = name;
  }

  /**
   * The driver's, on this node. A container's own {@code /sys/fs/cgroup} may show no more than its
   * own group; where it sees the node's processes, it mostly also sees what the first of them does.
   */
  public static ControlGroup ofNode() {
    Path first = Path.of("/proc/1/root/sys/fs/cgroup");
    return new ControlGroup(Files.isReadable(first) ? first : Path.of("/sys/fs/cgroup"), "cephcsi");
  }

  /**
   * Moves a process into it.
   *
   * @param program what it is, for the log
   * @return false when this node's control groups cannot be written: it ends with the container
   */
  public boolean adopt(String program, long pid) {
    List<Path> tops = tops();
    boolean moved = !tops.isEmpty();
    for (Path top : tops) {
      moved &= move(pid, top.resolve(name)) || move(pid, top);
    }
    if (!moved) {
      LOG.log(
          System.Logger.Level.DEBUG,
          "{0} {1} stays in the driver''s control group: it ends with the driver''s container",
          program,
          Long.toString(pid));
    }
    return moved;
  }

  /**
   * With version 2 there is one; with version 1 one for each controller, and runtimes look there.
   */
  private List<Path> tops() {
    if (Files.exists(hierarchy.resolve(MEMBERS))) {
      return List.of(hierarchy);
    }
    List<Path> tops = new ArrayList<>();
    try (DirectoryStream<Path> folders =
        Files.newDirectoryStream(hierarchy, folder -> Files.exists(folder.resolve(MEMBERS)))) {
      folders.forEach(tops::add);
    } catch (IOException e) {
      return List.of();
    }
    return tops;
  }

  /** A group of version 1 may want settings before it takes anything; the top takes all. */
  private static boolean move(long pid, Path group) {
    try {
      Files.writeString(Files.createDirectories(group).resolve(MEMBERS), Long.toString(pid));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
