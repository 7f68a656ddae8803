package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.csi.host.ChildProcesses;
import io.cephcsi.csi.host.ControlGroup;
import io.cephcsi.csi.host.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Daemons that are gone or do not answer: a process of that name shows no image. */
class UserspaceMapperTest {
  private static final ImageSpec IMAGE = new ImageSpec("rbd", "", "csi-vol-1");
  private static final long GIB = 1L << 30;
  private static final MappedDevice DEVICE =
      new MappedDevice("f", IMAGE, "id1", Path.of("/dev/loop7"), false, GIB);

  @TempDir Path directory;
  private Path folder;
  private Process process;
  private UserspaceMapper mapper;

  @BeforeEach
  void start() throws Exception {
    var group = new ControlGroup(directory.resolve("groups"), "cephcsi");
    var commands = new ChildProcesses();
    var unused =
        new Unused(
            new Mounts(commands),
            new BlockDevices(Path.of("/sys")),
            _ -> false,
            Duration.ofMillis(100));
    mapper = new UserspaceMapper(commands, directory, unused, group);
    folder = Files.createDirectory(directory.resolve("1"));
    Path description =
        Files.writeString(
            folder.resolve("image.properties"), "fsid=f\npool=rbd\nimage=csi-vol-1\nimageId=id1\n");
    process =
        new ProcessBuilder(
                "bash", "-c", "exec -a qemu-storage-daemon tail -f /dev/null " + description)
            .start();
    Files.writeString(folder.resolve("pid"), Long.toString(process.pid()));
    awaitName();
  }

  /** The program's own name is there a moment after the start. */
  private void awaitName() throws IOException, InterruptedException {
    Path file = Path.of("/proc/" + process.pid() + "/cmdline");
    for (int i = 0; i < 1000 && !Files.readString(file).startsWith("qemu"); i++) {
      Thread.sleep(10);
    }
    assertThat(Files.readString(file)).startsWith("qemu-storage-daemon");
  }

  @AfterEach
  void stop() {
    process.destroyForcibly();
  }

  @Test
  void resize_daemonDoesNotAnswer_isUnavailableAndSaysWhy() {
    assertThatThrownBy(() -> mapper.resize(DEVICE, 2 * GIB, Duration.ofMillis(200)))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("/dev/loop7 of image rbd/csi-vol-1 does not get its new size")
        .hasMessageContaining("No such file or directory")
        .hasMessageEndingWith("the call can be repeated");

    assertThat(process.isAlive()).isTrue();
  }

  @Test
  void resize_daemonEnded_isUnavailableUntilItIsStagedAgain() throws Exception {
    process.destroyForcibly().waitFor();

    assertThatThrownBy(() -> mapper.resize(DEVICE, 2 * GIB, Duration.ofMillis(200)))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessage("/dev/loop7 of image rbd/csi-vol-1 is gone: stage the volume again");
  }

  @Test
  void clear_driverStopsMeanwhile_isUnavailableAndDoneByTheNext() throws Exception {
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> mapper.clear(IMAGE))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("waits for the storage daemon of image rbd/csi-vol-1: ask again");

    assertThat(Thread.interrupted()).isTrue();
    assertThat(folder).isDirectory();
    mapper.clear(IMAGE);
    assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(folder).doesNotExist();
  }
}
