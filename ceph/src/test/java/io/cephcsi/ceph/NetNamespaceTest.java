package io.cephcsi.ceph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetNamespaceTest {
  private static final Path OWN = Path.of("/proc/thread-self/ns/net");

  @TempDir Path folder;

  @Test
  void run_otherNamespace_isThereForTheWorkAlone() throws Exception {
    Process holder = new ProcessBuilder("unshare", "--net", "sleep", "60").start();
    try {
      Path other = Path.of("/proc", Long.toString(holder.pid()), "ns/net");
      Path mine = Files.readSymbolicLink(OWN);
      while (Files.readSymbolicLink(other).equals(mine)) {
        assertThat(holder.isAlive()).isTrue();
        Thread.sleep(5);
      }
      List<Path> seen = new ArrayList<>();

      new NetNamespace(Files.createSymbolicLink(folder.resolve("link"), other))
          .run(() -> seen.add(Files.readSymbolicLink(OWN)));

      assertThat(seen).containsExactly(Files.readSymbolicLink(other)).doesNotContain(mine);
      assertThat(Files.readSymbolicLink(OWN)).isEqualTo(mine);
    } finally {
      holder.destroy();
    }
  }

  @Test
  void run_missingFile_namesItAndDoesNothing() {
    List<String> done = new ArrayList<>();

    assertThatThrownBy(() -> new NetNamespace(folder.resolve("none")).run(() -> done.add("work")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("none")
        .hasMessageContaining("netNamespaceFilePath");
    assertThat(done).isEmpty();
  }

  @Test
  void run_fileThatIsNoNamespace_isRefused() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");

    assertThatThrownBy(() -> new NetNamespace(file).run(() -> {}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot be entered");
  }

  @Test
  void run_failingWork_failsAsItDid() {
    assertThatThrownBy(() ->
            new NetNamespace(OWN)
                .run(() -> {
                  throw new IOException("disk");
                }))
        .isInstanceOf(IOException.class)
        .hasMessage("disk");
  }
}
