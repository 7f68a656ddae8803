package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Staging a volume whose image a controller flattens, which may take hours. */
class StageWhileFlattenedTest {
  private static final String CONTROLLER = "10.0.0.9:0/77";

  @TempDir Path directory;
  private Node node;

  @BeforeEach
  void start() throws Exception {
    node = new Node(directory);
    try (MemoryPool pool = node.cluster.pool("rbd")) {
      pool.stored(node.image).orElseThrow().addWatcher(CONTROLLER);
    }
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private void announce(String addresses) {
    try (MemoryPool pool = node.cluster.pool("rbd")) {
      String id = pool.imageId(node.image).orElseThrow();
      pool.changeImageMetadata(id, Set.of(), Map.of("cephcsi.flattening", id + " " + addresses));
    }
  }

  @Test
  void stage_whileTheControllerFlattens_isNotRefused() {
    announce(CONTROLLER);

    node.stage();

    assertThat(node.mapper.devices()).hasSize(1);
  }

  @Test
  void stage_flatteningNoteOfAnotherClient_isRefused() {
    announce("10.0.0.9:0/771,10.0.0.9:0/7");

    assertThatThrownBy(() -> node.stage())
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining(CONTROLLER);
  }
}
