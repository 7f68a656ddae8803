package io.cephcsi.csi.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountsTest {
  private static final int NO_END = -1;

  @TempDir Path directory;
  private final List<String> commands = new ArrayList<>();
  private int exit;
  private boolean goesByItself;

  @Test
  void at_severalOnTopOfEachOther_isTheTopmost() throws Exception {
    Mounts mounts = mounts("/p", "1:1", "/p", "1:2", "/p/q", "1:3");

    assertThat(mounts.at(Path.of("/p")).orElseThrow().device()).isEqualTo("1:2");
    assertThat(mounts.at(Path.of("/other"))).isEmpty();
  }

  @Test
  void at_pathByALinkOrWithDots_isFound() throws Exception {
    Path real = Files.createDirectory(directory.resolve("real")).toRealPath();
    Path link = Files.createSymbolicLink(directory.resolve("link"), real);
    Mounts mounts = mounts(real.resolve("m").toString(), "1:1");

    assertThat(mounts.at(link.resolve("m"))).isPresent();
    assertThat(mounts.at(link.resolve("x/../m"))).isPresent();
  }

  @Test
  void bind_withOptions_isOneCommand() throws Exception {
    mounts().bind(Path.of("/a"), Path.of("/b"), List.of("noexec", "ro"));

    assertThat(commands).containsExactly("mount --bind -o noexec,ro /a /b");
  }

  @Test
  void bind_failsBehindItsFirstStep_isTakenBack() throws Exception {
    Mounts mounts = mounts("/b", "1:1");
    exit = 32;

    assertThatThrownBy(() -> mounts.bind(Path.of("/a"), Path.of("/b"), List.of("ro")))
        .isInstanceOf(CommandFailed.class)
        .hasMessageContaining("mount --bind -o ro /a /b: exit status 32: no luck");
    assertThat(commands).contains("umount /b");
  }

  @Test
  void mount_refused_saysWhat() throws Exception {
    exit = 32;
    Mounts mounts = mounts();

    assertThatThrownBy(() -> mounts.mount("xfs", Path.of("/dev/x"), Path.of("/b"), List.of("ro")))
        .isInstanceOf(CommandFailed.class)
        .hasMessageContaining("mount -t xfs -o ro /dev/x /b")
        .hasMessageContaining("no luck");
  }

  @Test
  void unmount_nothingMounted_runsNothing() throws Exception {
    mounts().unmount(Path.of("/b"));

    assertThat(commands).isEmpty();
  }

  @Test
  void unmount_ofWhatIsBusy_saysSo() throws Exception {
    Mounts mounts = mounts("/b", "1:1");
    exit = 32;

    assertThatThrownBy(() -> mounts.unmount(Path.of("/b")))
        .isInstanceOf(CommandFailed.class)
        .hasMessageContaining("umount /b: exit status 32: no luck");
  }

  /** FUSE's mounts go with the process that shows them, which may end just then. */
  @Test
  void unmountAndDetach_ofWhatGoesByItselfMeanwhile_areNoErrors() throws Exception {
    exit = 32;
    goesByItself = true;

    mounts("/b", "1:1").unmount(Path.of("/b"));
    mounts("/c", "1:1").detach(Path.of("/c"));

    assertThat(commands).containsExactly("umount /b", "umount --lazy /c");
  }

  /** The kernel goes on writing the filesystem out, also when umount is killed. */
  @Test
  void unmount_thatDoesNotEnd_isAFailureThoughTheTableHasItNoMore() throws Exception {
    exit = NO_END;
    goesByItself = true;
    Mounts mounts = mounts("/b", "1:1");

    assertThatThrownBy(() -> mounts.unmount(Path.of("/b"))).isInstanceOf(CommandFailed.class);
  }

  private Mounts mounts(String... pathsAndDevices) throws Exception {
    var lines = new ArrayList<String>();
    for (int i = 0; i < pathsAndDevices.length; i += 2) {
      lines.add(
          "36 35 %s / %s rw - xfs /dev/x rw".formatted(pathsAndDevices[i + 1], pathsAndDevices[i]));
    }
    return new Mounts(this::run, Files.write(directory.resolve("mountinfo"), lines));
  }

  private Commands.Outcome run(List<String> command, byte[] input, Duration deadline) {
    commands.add(String.join(" ", command));
    if (goesByItself) {
      try {
        Files.writeString(directory.resolve("mountinfo"), "");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    if (exit == NO_END) {
      throw new CommandFailed(command, "ended after " + deadline + " without an end");
    }
    return new Commands.Outcome(exit, "", exit == 0 ? "" : "no luck");
  }
}
