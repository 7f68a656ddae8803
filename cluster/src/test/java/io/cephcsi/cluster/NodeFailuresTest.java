package io.cephcsi.cluster;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.NodeUnstageVolumeRequest;
import csi.v1.NodeUnstageVolumeResponse;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.CommandFailed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeFailuresTest {
  @TempDir Path directory;

  @Test
  void fileThatCannotBeRead_isUnavailableAndSaysWhatAndWhere() {
    Path stash = directory.resolve("image-meta.json");

    assertThatThrownBy(() -> told(() -> read(stash)))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("unstage volume-1")
        .hasMessageContaining("NoSuchFileException: " + stash)
        .hasMessageEndingWith("the call can be repeated");
  }

  @Test
  void toolThatFails_isAPreconditionOfTheNode() {
    var failed = new CommandFailed(List.of("umount", "/staged"), "cannot be started");

    assertThatThrownBy(() -> told(() -> fail(failed)))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageStartingWith("umount /staged: cannot be started")
        .hasMessageContaining("mend that on this node");
  }

  private static void read(Path file) {
    try {
      var _ = Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException("unstage volume-1", e);
    }
  }

  private static void fail(RuntimeException e) {
    throw e;
  }

  private static void told(Runnable work) {
    Call<NodeUnstageVolumeRequest, NodeUnstageVolumeResponse> call =
        _ -> {
          work.run();
          return NodeUnstageVolumeResponse.getDefaultInstance();
        };
    var _ = NodeFailures.told(call).answer(NodeUnstageVolumeRequest.getDefaultInstance());
  }
}
