package io.cephcsi.ceph;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MemoryFileTest {
  @Test
  void of_text_isReadByAChildUntilItIsClosed() throws Exception {
    Path path;
    try (var file = MemoryFile.of("secret\n")) {
      path = file.path();
      Process child = new ProcessBuilder("cat", path.toString()).start();

      assertThat(new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("secret\n");
      assertThat(Files.readSymbolicLink(path).toString()).startsWith("/memfd:");
    }
    assertThat(Files.exists(path)).isFalse();
  }
}
