package io.cephcsi.csi.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The mount table of a node that is not there, in a file of the kernel's form. */
public final class MemoryMountTable {
  private final Path mountinfo;

  public MemoryMountTable(Path directory) throws IOException {
    mountinfo = Files.writeString(directory.resolve("mountinfo"), "");
  }

  /** The mounts of that node, which change by these commands. */
  public Mounts mounts(Commands commands) {
    return new Mounts(commands, mountinfo);
  }

  /**
   * Mounts something.
   *
   * @param like what it is; its path and options do not count
   * @param mode {@code ro} or {@code rw}
   */
  public void add(String target, Mount like, String mode) {
    change(lines ->
        lines.add(
            "36 35 %s %s %s %s,relatime - %s %s rw"
                .formatted(
                    like.device(), like.root(), target, mode, like.filesystem(), like.source())));
  }

  /** Unmounts what was mounted last at a path. */
  public void remove(String target) {
    change(lines -> lines.remove(lines.lastIndexOf(lastOf(lines, target))));
  }

  private static String lastOf(List<String> lines, String target) {
    return lines.reversed().stream()
        .filter(l -> l.contains(" " + target + " "))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("nothing is mounted at " + target));
  }

  /** Changes the lines themselves. */
  public void change(Consumer<List<String>> how) {
    try {
      List<String> lines = new ArrayList<>(Files.readAllLines(mountinfo));
      how.accept(lines);
      Files.write(mountinfo, lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
