package io.cephcsi.csi.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlGroupTest {
  @TempDir Path hierarchy;

  /** Version 2 alone, and beside version 1 as systemd mounts it then. */
  @ParameterizedTest
  @ValueSource(strings = {".", "unified"})
  void adopt_movesTheProcess(String top) throws Exception {
    Path folder = Files.createDirectories(hierarchy.resolve(top));
    Files.writeString(folder.resolve("cgroup.procs"), "");

    assertThat(new ControlGroup(hierarchy, "cephcsi").adopt(42)).isTrue();

    assertThat(folder.resolve("cephcsi/cgroup.procs")).hasContent("42");
  }

  @Test
  void adopt_withoutVersionTwo_leavesItWhereItIs() {
    assertThat(new ControlGroup(hierarchy, "cephcsi").adopt(42)).isFalse();
    assertThat(hierarchy).isEmptyDirectory();
  }
}
