package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tutorial's blocks of shell do what it says, as far as they need no Kubernetes. */
class TutorialIT {
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```sh\\n(.*?)^```");

  @TempDir Path folder;

  @Test
  void everyBlock_runsToItsEnd() throws Exception {
    String text = Files.readString(Checkout.root().resolve("docs/tutorial.md"));
    List<String> blocks = BLOCK.matcher(text).results().map(block -> block.group(1)).toList();
    assertThat(blocks).hasSizeGreaterThan(4);
    String script =
        blocks.stream()
            .collect(Collectors.joining("\n"))
            .replace("/tmp/tutorial", folder.resolve("ceph").toString())
            .replace(" --address $ADDRESS --port 6790", "") // another one may be there
            .replace("./dev build", "true"); // it was, or this test were not here
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
