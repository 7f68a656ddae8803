package io.cephcsi.csi.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountsTest {
  @TempDir Path directory;
  private final List<String> commands = new ArrayList<>();

  @Test
  void at_mountTable_isRead() throws Exception {
    Mounts mounts =
        mounts(
            "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
            "36 22 251:0 / /a\\040b/c rw,noatime master:1 - xfs /dev/rbd0 rw,nouuid",
            "37 22 251:16 / /ro ro,noatime - ext4 /dev/rbd1 rw",
            "38 22 251:32 / /error rw,noatime - ext4 /dev/rbd2 ro,errors=remount-ro");

    Mount mount = mounts.at(Path.of("/a b/./c")).orElseThrow();
    assertThat(mount.device()).isEqualTo("251:0");
    assertThat(mount.filesystem()).isEqualTo("xfs");
    assertThat(mount.source()).isEqualTo("/dev/rbd0");
    assertThat(mount.readOnly()).isFalse();
    assertThat(mounts.at(Path.of("/ro")).orElseThrow().readOnly()).isTrue();
    assertThat(mounts.at(Path.of("/error")).orElseThrow().readOnly()).isTrue();
    assertThat(mounts.at(Path.of("/a"))).isEmpty();
  }

  @Test
  void at_severalAtOnePlace_isTheTopmost() throws Exception {
    Mounts mounts =
        mounts("36 22 251:0 / /m rw - xfs /dev/rbd0 rw", "37 36 251:16 / /m rw - xfs /dev/rbd1 rw");

    assertThat(mounts.at(Path.of("/m")).orElseThrow().source()).isEqualTo("/dev/rbd1");
  }

  @Test
  void bind_withOptions_takesASecondMountForThem() throws Exception {
    mounts().bind(Path.of("/a"), Path.of("/b"), List.of("ro", "noexec"));

    assertThat(commands)
        .containsExactly("mount --bind /a /b", "mount -o remount,bind,ro,noexec /b");
  }

  @Test
  void unmount_nothingThere_runsNothing() throws Exception {
    mounts().unmount(Path.of("/b"));

    assertThat(commands).isEmpty();
  }

  @Test
  void mount_refused_saysWhat() throws Exception {
    Mounts mounts =
        new Mounts(
            (_, _, _) -> new Commands.Outcome(32, "", "wrong fs type"),
            Files.writeString(directory.resolve("mountinfo"), ""));

    assertThatThrownBy(
            () -> mounts.mount("ext4", Path.of("/dev/x"), Path.of("/b"), List.of("defaults")))
        .isInstanceOf(CommandFailed.class)
        .hasMessageContaining("mount -t ext4 -o defaults /dev/x /b")
        .hasMessageContaining("wrong fs type");
  }

  private Mounts mounts(String... lines) throws Exception {
    Path table = directory.resolve("mountinfo");
    Files.write(table, List.of(lines));
    return new Mounts(this::run, table);
  }

  private Commands.Outcome run(List<String> command, byte[] input, Duration deadline) {
    commands.add(String.join(" ", command));
    return new Commands.Outcome(0, "", "");
  }
}
