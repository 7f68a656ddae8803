package io.cephcsi.csi.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.csi.CsiException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class RequestPathTest {
  @Test
  void absolutePath_isTakenWithoutDots() {
    assertThat(RequestPath.absolute("target_path", "/a/../b")).isEqualTo(Path.of("/b"));
  }

  @Test
  void otherPath_isRefusedByName() {
    refused("", "target_path is missing");
    refused("a/b", "target_path a/b is relative: the caller must give it absolute");
    refused("/a\0b", "target_path is no path");
  }

  private static void refused(String path, String told) {
    assertThatThrownBy(() -> RequestPath.absolute("target_path", path))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining(told);
  }
}
