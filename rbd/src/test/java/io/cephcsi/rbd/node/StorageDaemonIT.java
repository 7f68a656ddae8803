package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.ChildProcesses;
import io.cephcsi.csi.host.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The end of a storage daemon, as the kernel allows it. */
class StorageDaemonIT {
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  @TempDir Path directory;

  /**
   * A process whose read a FUSE filesystem has taken up and does not answer cannot be killed. Here
   * the filesystem is a real storage daemon's, whose disk takes an hour for a read.
   */
  @Test
  void end_processThatTheKernelDoesNotEnd_isToldAndCanBeRepeated() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("daemon"));
    Path file = Files.createFile(folder.resolve("image"));
    var daemon = new StorageDaemon(folder, "fsid", new ImageSpec("rbd", "", "csi-vol-1"), "id");
    Process disk = slowDisk(folder, file);
    try {
      Process stuck = stuckIn(file);
      assertThatThrownBy(() -> daemon.end(PATIENCE))
          .isInstanceOf(CsiException.Unavailable.class)
          .hasMessageContaining("image rbd/csi-vol-1 (process %d) does not end", stuck.pid())
          .hasMessageContaining("the call can be repeated");
      assertThat(stuck.isAlive()).isTrue();
      end(disk); // the kernel then answers for it

      assertThatCode(() -> daemon.end(PATIENCE)).doesNotThrowAnyException();
      assertThat(stuck.waitFor(10, TimeUnit.SECONDS)).isTrue();
    } finally {
      end(disk);
      new Mounts(new ChildProcesses()).unmount(file);
    }
  }

  private static Process slowDisk(Path folder, Path file) throws IOException, InterruptedException {
    Process disk =
        new ProcessBuilder(
                "qemu-storage-daemon",
                "--blockdev",
                "driver=null-co,node-name=slow,size=1048576,latency-ns=3600000000000",
                "--export",
                "type=fuse,id=export,node-name=slow,mountpoint=" + file.getFileName())
            .directory(folder.toFile()) // not named, so that it is not the daemon's own
            .inheritIO()
            .start();
    while (Files.size(file) == 0) {
      assertThat(disk.isAlive()).isTrue();
      Thread.sleep(10);
    }
    return disk;
  }

  /** By its command line it is the daemon's own. */
  private static Process stuckIn(Path file) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                "bash",
                "-c",
                "exec -a qemu-storage-daemon dd if=%s of=/dev/null bs=4096 iflag=direct"
                    .formatted(file))
            .start();
    Path stat = Path.of("/proc", Long.toString(process.pid()), "stat");
    // Until the filesystem has taken the read up, the kernel still ends the process.
    for (int looks = 0; looks < 50; looks++) {
      assertThat(process.isAlive()).isTrue();
      looks = Files.readString(stat).contains("(dd) D ") ? looks : 0;
      Thread.sleep(10);
    }
    return process;
  }

  private static void end(Process process) throws InterruptedException {
    process.destroyForcibly();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
  }
}
