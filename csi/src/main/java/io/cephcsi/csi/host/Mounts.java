package io.cephcsi.csi.host;

import io.cephcsi.csi.Phase;
import io.cephcsi.csi.Undo;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The mounts of this node, by util-linux's mount and umount. */
public final class Mounts {
  private static final Duration DEADLINE = Duration.ofMinutes(2);

  private final Commands commands;
  private final Path mountinfo;

  public Mounts(Commands commands) {
    this(commands, Path.of("/proc/self/mountinfo"));
  }

  /**
   * @param mountinfo the kernel's mount table
   */
  public Mounts(Commands commands, Path mountinfo) {
    this.commands = commands;
    this.mountinfo = mountinfo;
  }

  /** All mounts, in the order in which they were made. */
  public List<Mount> all() {
    return MountTable.read(mountinfo);
  }

  /** What is mounted at that path, the topmost if several are; empty when nothing is. */
  public Optional<Mount> at(Path path) {
    Path wanted = asMounted(path.toAbsolutePath().normalize());
    return all().stream().filter(m -> m.path().equals(wanted)).reduce((_, last) -> last);
  }

  /**
   * The path as the kernel has it in its table, where no link is left: {@code /var/lib/kubelet} may
   * be one. The last name is kept as it is, since looking at a dead mount can hang.
   */
  private static Path asMounted(Path path) {
    Path parent = path.getParent();
    try {
      return parent == null ? path : parent.toRealPath().resolve(path.getFileName());
    } catch (IOException e) {
      return path; // no parent, no mount
    }
  }

  /**
   * Mounts a filesystem.
   *
   * @throws CommandFailed when mount refuses
   */
  public void mount(String filesystem, Path device, Path target, List<String> options) {
    run(
        List.of(
            "mount",
            "-t",
            filesystem,
            "-o",
            String.join(",", options),
            device.toString(),
            target.toString()));
  }

  /**
   * Shows a mounted directory, or a device node, at another place too.
   *
   * @param options of the new mount, which the first one need not have: {@code ro} say
   * @throws CommandFailed when mount refuses
   */
  public void bind(Path source, Path target, List<String> options) {
    List<String> command = new ArrayList<>(List.of("mount", "--bind"));
    if (!options.isEmpty()) {
      // The kernel takes them by a second step. One command does both, and does so to its end
      // when the driver is killed: nobody finds a mount that should be read-only and is not.
      command.addAll(List.of("-o", String.join(",", options)));
    }
    command.addAll(List.of(source.toString(), target.toString()));
    try {
      run(command);
    } catch (CommandFailed e) {
      throw Undo.after(e, () -> unmount(target)); // the first step may have been done
    }
  }

  /**
   * Unmounts what is mounted at the path, all of it if several are; nothing mounted is no error.
   *
   * @throws CommandFailed when it is busy
   */
  public void unmount(Path path) {
    takeAway(path, () -> run(List.of("umount", path.toString())));
  }

  private void run(List<String> command) {
    try (var _ = Phase.MOUNT.begin()) {
      var _ = commands.require(command, DEADLINE);
    }
  }

  /**
   * Takes away what is mounted at the path, all of it, also when it does not answer or is busy;
   * whoever uses it keeps what he has open.
   */
  public void detach(Path path) {
    List<String> command = List.of("umount", "--lazy", path.toString());
    takeAway(
        path,
        () -> {
          var _ = commands.require(command, DEADLINE);
        });
  }

  private void takeAway(Path path, Runnable umount) {
    for (var mount = at(path); mount.isPresent(); mount = at(path)) {
      try {
        umount.run();
      } catch (CommandFailed e) {
        // What a process shows by FUSE also goes by itself, when that process ends. But a umount
        // that
        // does not end has it out of the table, too, while the filesystem is still written out.
        if (e.exit() < 0 || at(path).equals(mount)) {
          throw e;
        }
      }
    }
  }
}
