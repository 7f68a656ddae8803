package io.cephcsi.csi.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real tools, on files in place of devices. */
class FilesystemsTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final long BYTES = 400L << 20;

  @TempDir Path directory;
  private final Filesystems filesystems = new Filesystems(new ChildProcesses());
  private Path device = Path.of("");

  @BeforeEach
  void makeDevice() throws Exception {
    device = directory.resolve("device");
    resize(BYTES);
  }

  private void resize(long bytes) throws Exception {
    try (var file = new RandomAccessFile(device.toFile(), "rw")) {
      file.setLength(bytes);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ext4", "xfs"})
  void make_emptyDevice_isFoundAgainAndFillsIt(String type) throws Exception {
    assertThat(filesystems.on(device)).isEmpty();

    filesystems.make(type, device, List.of());

    assertThat(filesystems.on(device)).contains(type);
    assertThat(filesystems.smallerThan(BYTES, device)).isFalse();
    assertThat(filesystems.smallerThan(2 * BYTES, device)).isTrue();
  }

  @Test
  void check_soundFilesystem_isFine() {
    filesystems.make("ext4", device, List.of());

    filesystems.check(device);
  }

  @Test
  void make_ownOptions_areTakenInPlace() {
    filesystems.make("ext4", device, List.of("-L", "mine"));

    assertThat(new ChildProcesses().require(List.of("blkid", "-p", device.toString()), LONG))
        .contains("mine");
  }

  @Test
  void on_partitions_isNotNothing() throws Exception {
    try (var file = new RandomAccessFile(device.toFile(), "rw")) {
      file.seek(446);
      file.write(new byte[] {0, 0, 2, 0, (byte) 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0});
      file.seek(510);
      file.write(new byte[] {0x55, (byte) 0xAA});
    }

    assertThat(filesystems.on(device)).isPresent();
  }

  @Test
  void on_missingDevice_isAnErrorAndNotNothing() {
    assertThatThrownBy(() -> filesystems.on(directory.resolve("nowhere")))
        .isInstanceOfAny(UncheckedIOException.class, CommandFailed.class);
  }

  @Test
  void usage_mountedDirectory_isWhatTheFilesystemSays() throws Exception {
    var usage = filesystems.usage(directory);

    assertThat(usage.totalBytes()).isEqualTo(Files.getFileStore(directory).getTotalSpace());
    assertThat(usage.usedBytes()).isPositive();
    assertThat(usage.usedInodes()).isNotNegative();
  }
}
