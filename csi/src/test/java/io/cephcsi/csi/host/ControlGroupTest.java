package io.cephcsi.csi.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlGroupTest {
  @TempDir Path hierarchy;

  @Test
  void adopt_versionTwo_movesTheProcess() throws Exception {
    top(".");

    assertThat(new ControlGroup(hierarchy, "cephcsi").adopt("ceph-fuse", 42)).isTrue();

    assertThat(hierarchy.resolve("cephcsi/cgroup.procs")).hasContent("42");
  }

  /** Whichever of them a runtime looks into, the process is not the container's any more. */
  @Test
  void adopt_versionOne_movesItInEachHierarchy() throws Exception {
    Path cpuset = top("cpuset");
    Files.writeString(cpuset.resolve("cephcsi"), "no group can be made here");
    Path devices = top("devices");
    Path unified = top("unified");
    Files.createDirectories(hierarchy.resolve("something else"));

    assertThat(new ControlGroup(hierarchy, "cephcsi").adopt("ceph-fuse", 42)).isTrue();

    assertThat(cpuset.resolve("cgroup.procs")).hasContent("42");
    assertThat(devices.resolve("cephcsi/cgroup.procs")).hasContent("42");
    assertThat(unified.resolve("cephcsi/cgroup.procs")).hasContent("42");
  }

  private Path top(String name) throws IOException {
    Path folder = Files.createDirectories(hierarchy.resolve(name));
    Files.writeString(folder.resolve("cgroup.procs"), "");
    return folder;
  }

  @Test
  void adopt_withoutControlGroups_leavesItWhereItIs() {
    assertThat(new ControlGroup(hierarchy, "cephcsi").adopt("ceph-fuse", 42)).isFalse();
    assertThat(hierarchy).isEmptyDirectory();
  }
}
