package io.cephcsi.cmd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.cluster.ClusterConfigs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodePlaceTest {
  private static final String NODE =
      """
      {"kind":"Node","apiVersion":"v1","metadata":{"name":"n1","labels":{
        "topology.kubernetes.io/region":"east","topology.kubernetes.io/zone":"east.1"}}}
      """;

  @TempDir Path folder;
  private TestKubernetes kubernetes;
  private final Flags flags = new Flags();

  @BeforeEach
  void start() throws IOException {
    kubernetes = new TestKubernetes(folder).with("/api/v1/nodes/n1", NODE);
    flags.type = "rbd";
    flags.nodeId = "n1";
    flags.nodeServer = true;
  }

  @AfterEach
  void stop() {
    kubernetes.close();
  }

  @Test
  void of_domainLabels_areReadFromTheNodesObject() throws Exception {
    flags.domainLabels = "topology.kubernetes.io/region,topology.kubernetes.io/zone";

    assertThat(NodePlace.of(flags, kubernetes.environment()).segments())
        .containsOnly(
            Map.entry("topology.rbd.csi.ceph.com/region", "east"),
            Map.entry("topology.rbd.csi.ceph.com/zone", "east.1"));
  }

  @Test
  void of_labelThatTheNodeHasNot_isNamed() throws Exception {
    flags.domainLabels = "rack";
    var environment = kubernetes.environment();

    assertThatThrownBy(() -> NodePlace.of(flags, environment))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no label rack");
  }

  @Test
  void of_nodeThatKubernetesDoesNotKnow_isNamed() throws Exception {
    flags.domainLabels = "zone";
    flags.nodeId = "n2";
    var environment = kubernetes.environment();

    assertThatThrownBy(() -> NodePlace.of(flags, environment))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no node n2")
        .hasMessageContaining("--nodeid");
  }

  @Test
  void mayExist_nodeOfKubernetes_orOneThatItDoesNotTellOf() throws Exception {
    var access = KubernetesAccess.of(kubernetes.environment()).orElseThrow();

    assertThat(new KubernetesNode("n1", access).mayExist()).isTrue();
    assertThat(new KubernetesNode("n2", access).mayExist()).isFalse();

    kubernetes.close();
    assertThat(new KubernetesNode("n2", access).mayExist()).isTrue();
  }

  @Test
  void of_kubernetesDoesNotAnswer_isTold() throws Exception {
    flags.domainLabels = "zone";
    var environment = kubernetes.environment();
    kubernetes.close();

    assertThatThrownBy(() -> NodePlace.of(flags, environment))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("labels of node n1");
  }

  @Test
  void of_topologyFlag_takesThePlaceOfKubernetes() throws Exception {
    flags.topology = "x/region=r1,zone=z2";
    flags.domainLabels = "zone";

    assertThat(NodePlace.of(flags, kubernetes.environment()).segments())
        .containsOnly(Map.entry("topology.rbd.csi.ceph.com/zone", "z2"));
    assertThat(kubernetes.asked()).isEmpty();
  }

  @Test
  void of_noLabelsWanted_asksNobody() throws Exception {
    assertThat(NodePlace.of(flags, kubernetes.environment()).segments()).isEmpty();
    assertThat(kubernetes.asked()).isEmpty();
  }

  @Test
  void crushLocation_isReadFromTheNodesObjectWhenItIsNeeded() throws Exception {
    flags.enableReadAffinity = true;
    flags.crushLocationLabels = "topology.kubernetes.io/zone";
    Path config = folder.resolve("config.json");
    Files.writeString(config, "[{\"clusterID\":\"c\",\"monitors\":[\"m\"]}]");
    var cluster = new ClusterConfigs(config).find("c").orElseThrow();
    NodePlace place = NodePlace.of(flags, kubernetes.environment());
    assertThat(kubernetes.asked()).isEmpty();

    assertThat(place.crushLocation().options(cluster))
        .containsExactly("read_from_replica=localize", "crush_location=zone:east-1");

    kubernetes.close();
    assertThat(place.crushLocation().options(cluster)).isEmpty();
  }

  @Test
  void twice_sameNameBehindTheSlash_isFound() {
    assertThat(NodePlace.twice("a/zone, b/zone,region")).containsExactly("b/zone");
    assertThat(NodePlace.twice("")).isEmpty();
  }
}
