package io.cephcsi.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.cluster.ClusterMappings.Place;
import io.cephcsi.csi.CsiException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterMappingsTest {
  @TempDir Path folder;

  private ClusterMappings mappings(String text) throws IOException {
    return ClusterMappings.ofPools(Files.writeString(folder.resolve("m.json"), text));
  }

  @Test
  void of_noFile_isNothing() {
    var mappings = ClusterMappings.ofPools(folder.resolve("missing"));

    assertThat(mappings.of(new Place("a", 1))).isEmpty();
    assertThat(mappings.ofCluster("a")).isEmpty();
  }

  @Test
  void of_bothDirections_areFound() throws IOException {
    var mappings =
        mappings(
            """
            [{"clusterIDMapping": {"a": "b"}, "RBDPoolIDMapping": [{"1": "7"}, {"2": "8"}]},
             {"clusterIDMapping": {"c": "a"}, "RBDPoolIDMapping": [{"5": "1"}]}]
            """);

    assertThat(mappings.of(new Place("a", 1)))
        .containsExactly(new Place("b", 7), new Place("c", 5));
    assertThat(mappings.of(new Place("b", 8))).containsExactly(new Place("a", 2));
    assertThat(mappings.of(new Place("a", 3))).isEmpty();
    assertThat(mappings.ofCluster("a")).containsExactly("b", "c");
  }

  @Test
  void of_fileSystems_areMappedByTheirOwnPairs() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("m.json"),
            """
            [{"clusterIDMapping": {"a": "b"}, "RBDPoolIDMapping": [{"1": "7"}], "CephFSFscIDMapping": [{"1": "3"}]}]
            """);

    assertThat(ClusterMappings.ofFileSystems(file).of(new Place("a", 1)))
        .containsExactly(new Place("b", 3));
    assertThat(ClusterMappings.ofFileSystems(file).ofCluster("b")).containsExactly("a");
  }

  @Test
  void of_poolsTurnedRound_areFoundLast() throws IOException {
    var mappings =
        mappings(
            """
            [{"clusterIDMapping": {"a": "b"}, "RBDPoolIDMapping": [{"7": "1"}, {"1": "9"}]}]
            """);

    assertThat(mappings.of(new Place("a", 1)))
        .containsExactly(new Place("b", 9), new Place("b", 7));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[",
        "[{\"clusterIDMapping\": [\"a\"]}]",
        "[{\"clusterIDMapping\": {\"a\": \"b\"}, \"RBDPoolIDMapping\": [{\"x\": \"1\"}]}]"
      })
  void of_brokenFile_isToldByName(String text) throws IOException {
    var mappings = mappings(text);

    assertThatThrownBy(() -> mappings.of(new Place("a", 1)))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("m.json is broken");
  }
}
