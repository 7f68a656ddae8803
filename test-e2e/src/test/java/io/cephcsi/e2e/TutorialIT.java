package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tutorial's commands do what it says, as far as they need no Kubernetes. */
class TutorialIT {
  @TempDir Path folder;

  @Test
  void everyCommand_runsToItsEnd() throws Exception {
    long pid = ProcessHandle.current().pid();
    String address = "127.67.%d.%d".formatted(pid / 250 % 250, 1 + pid % 250);
    String script =
        DocumentedCommand.of(TutorialIT.class, "docs/tutorial.md").stream()
            .map(DocumentedCommand::text)
            .collect(Collectors.joining("\n"))
            .replace("/tmp/tutorial", folder.resolve("ceph").toString())
            .replace("ADDRESS=127.0.0.1", "ADDRESS=" + address); // another one may be there
    Path log = folder.resolve("log");
    Process bash =
        new ProcessBuilder("bash", "-euxc", script)
            .directory(Checkout.root().toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    bash.getOutputStream().close();
    try (var _ = new AtExit(() -> down(folder.resolve("ceph")))) {
      assertThat(bash.waitFor(180, TimeUnit.SECONDS)).isTrue();
      String said = Files.readString(log, StandardCharsets.UTF_8);
      assertThat(bash.exitValue()).as(said).isZero();
      assertThat(said)
          .contains("v2:%s:6790/0".formatted(address))
          .contains("right: writing in pool replicapool: client.csi-rbd has it")
          .contains("pool replicapool: nothing is wrong");
    } finally {
      var _ = bash.destroyForcibly().waitFor();
      down(folder.resolve("ceph"));
    }
    assertThat(folder.resolve("ceph")).doesNotExist();
  }

  private static void down(Path cluster) {
    try {
      new ProcessBuilder(Checkout.singleNode().toString(), "down", cluster.toString())
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
