package io.cephcsi.csi.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MountTableTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw | /mnt | ext3 | /dev/root | false",
        "36 35 0:39 / /a\\040b\\134c rw - tmpfs with\\011tab rw | /a b\\c | tmpfs | with\ttab | false",
        "36 35 251:0 /sub /p ro,relatime shared:2 master:1 - xfs /dev/rbd0 rw | /p | xfs | /dev/rbd0 | true",
        "36 35 251:0 / /p rw - ext4 /dev/rbd0 ro,errors=remount-ro | /p | ext4 | /dev/rbd0 | true",
        "36 35 0:40 / /p rw - fuse.x  rw | /p | fuse.x | '' | false",
      })
  void parse_line(String line, String path, String filesystem, String source, boolean readOnly) {
    Mount mount = MountTable.parse(line);

    assertThat(mount.path()).isEqualTo(Path.of(path));
    assertThat(mount.filesystem()).isEqualTo(filesystem);
    assertThat(mount.source()).isEqualTo(source);
    assertThat(mount.readOnly()).isEqualTo(readOnly);
  }

  @ParameterizedTest
  @CsvSource({
    "rw, rw, false",
    "ro, rw, false",
    "ro, ro, false",
    "rw, ro;errors=remount-ro, true",
    "rw, rw;emergency_ro, true",
  })
  void parse_filesystemThatTurnedReadOnly_isToldFromAMountThatIs(
      String mount, String filesystem, boolean turned) {
    String line =
        "36 35 251:0 / /p %s - ext4 /dev/rbd0 %s".formatted(mount, filesystem.replace(';', ','));

    assertThat(MountTable.parse(line).turnedReadOnly()).isEqualTo(turned);
  }

  @Test
  void read_namesInOtherEncodings_doNotHideTheOthers() throws Exception {
    String lines =
        "36 35 0:1 / /caf\u00e9 rw - tmpfs t rw\n36 35 251:0 / /p rw - xfs /dev/rbd0 rw\n";
    Path file =
        Files.write(directory.resolve("mountinfo"), lines.getBytes(StandardCharsets.ISO_8859_1));

    assertThat(MountTable.read(file)).extracting(Mount::path).contains(Path.of("/p"));
  }

  /** A pod's subPath can have it, and the kernel escapes it not. */
  @Test
  void read_aNameWithACarriageReturn_isOneLine() throws Exception {
    String lines =
        "36 35 251:0 /a\rb /p/a\rb rw - xfs /dev/rbd0 rw\nno line at all\n36 35 251:0 / /p rw - xfs /dev/rbd0 rw\n";
    Path file = Files.writeString(directory.resolve("mountinfo"), lines);

    assertThat(MountTable.read(file))
        .extracting(Mount::path)
        .containsExactly(Path.of("/p/a\rb"), Path.of("/p"));
  }

  @Test
  void read_thisMachine_hasProc() {
    assertThat(MountTable.read(Path.of("/proc/self/mountinfo")))
        .extracting(Mount::path)
        .contains(Path.of("/proc")); // not "/": a chroot's root is no mount point
  }
}
