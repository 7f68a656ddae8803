package io.cephcsi.csi.host;

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
    Path wanted = path.normalize();
    return all().stream().filter(m -> m.path().equals(wanted)).reduce((_, last) -> last);
  }

  /**
   * Mounts a filesystem.
   *
   * @throws CommandFailed when mount refuses
   */
  public void mount(String filesystem, Path device, Path target, List<String> options) {
    var _ =
        commands.require(
            List.of(
                "mount",
                "-t",
                filesystem,
                "-o",
                String.join(",", options),
                device.toString(),
                target.toString()),
            DEADLINE);
  }

  /**
   * Shows a mounted directory at another place too.
   *
   * @param options of the new mount, which the first one need not have: {@code ro} say
   * @throws CommandFailed when mount refuses
   */
  public void bind(Path source, Path target, List<String> options) {
    var _ =
        commands.require(
            List.of("mount", "--bind", source.toString(), target.toString()), DEADLINE);
    if (!options.isEmpty()) {
      rebind(target, options);
    }
  }

  /** The kernel takes the options of a bind mount only by mounting again. */
  private void rebind(Path target, List<String> options) {
    List<String> all = new ArrayList<>(List.of("remount", "bind"));
    all.addAll(options);
    try {
      var _ =
          commands.require(
              List.of("mount", "-o", String.join(",", all), target.toString()), DEADLINE);
    } catch (CommandFailed e) {
      unmount(target);
      throw e;
    }
  }

  /**
   * Unmounts what is mounted at the path, all of it if several are; nothing mounted is no error.
   *
   * @throws CommandFailed when it is busy
   */
  public void unmount(Path path) {
    while (at(path).isPresent()) {
      var _ = commands.require(List.of("umount", path.toString()), DEADLINE);
    }
  }
}
