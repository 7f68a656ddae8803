package io.cephcsi.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.csi.CsiException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrushLocationTest {
  private static final Map<String, String> NODE =
      Map.of(
          "topology.kubernetes.io/region", "east",
          "topology.kubernetes.io/zone", "east.1",
          "kubernetes.io/hostname", "node1.example.org",
          "topology.io/rack", " ");

  private static final List<String> FLAG_LABELS =
      List.of("topology.kubernetes.io/zone", "kubernetes.io/hostname");

  @TempDir Path folder;

  private ClusterConfig config(String affinity) throws Exception {
    Path file = folder.resolve("config.json");
    Files.writeString(file, "[{\"clusterID\":\"c\",\"monitors\":[\"m\"]%s}]".formatted(affinity));
    return new ClusterConfigs(file).find("c").orElseThrow();
  }

  private static CrushLocation byFlag(boolean flag) {
    return new CrushLocation(flag, FLAG_LABELS, () -> NODE);
  }

  @Test
  void options_namedLabels_areInTheirOrderWithCrushNames() throws Exception {
    var config =
        config(
            ",\"readAffinity\":{\"enabled\":true,\"crushLocationLabels\":"
                + "[\"kubernetes.io/hostname\",\"topology.kubernetes.io/region\",\"topology.io/rack\",\"no/such\"]}");

    assertThat(byFlag(false).options(config))
        .containsExactly(
            "read_from_replica=localize", "crush_location=host:node1-example-org|region:east");
  }

  @Test
  void options_noLabelsNamed_areThoseOfTheFlag() throws Exception {
    assertThat(byFlag(false).options(config(",\"readAffinity\":{\"enabled\":true}")))
        .contains("crush_location=zone:east-1|host:node1-example-org");
  }

  @Test
  void options_flagAlone_isEnough() throws Exception {
    assertThat(byFlag(true).options(config(""))).hasSize(2);
    assertThat(byFlag(false).options(config(""))).isEmpty();
  }

  @Test
  void options_clusterSaysNo_countsMoreThanTheFlag() throws Exception {
    assertThat(byFlag(true).options(config(",\"readAffinity\":{\"enabled\":false}"))).isEmpty();
  }

  @Test
  void options_notWanted_nodeIsNotAsked() throws Exception {
    var asking = new CrushLocation(false, FLAG_LABELS, () -> Assertions.fail("asked"));

    assertThat(asking.options(config(""))).isEmpty();
  }

  @Test
  void config_labelsThatAreNoArray_areRefused() {
    Assertions.assertThatThrownBy(
            () -> config(",\"readAffinity\":{\"enabled\":true,\"crushLocationLabels\":\"zone\"}"))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("crushLocationLabels");
  }
}
