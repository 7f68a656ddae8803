package io.cephcsi.cmd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.csi.host.KernelVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
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

  private static final KernelVersion NEW_KERNEL = KernelVersion.of("6.1.0");

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

  private NodePlace place() throws IOException {
    return NodePlace.of(flags, KubernetesAccess.of(kubernetes.environment()), NEW_KERNEL);
  }

  @Test
  void of_domainLabels_areReadFromTheNodesObject() throws Exception {
    flags.domainLabels = "topology.kubernetes.io/region,topology.kubernetes.io/zone";

    assertThat(place().segments())
        .containsOnly(
            Map.entry("topology.rbd.csi.ceph.com/region", "east"),
            Map.entry("topology.rbd.csi.ceph.com/zone", "east.1"));
  }

  @Test
  void of_labelThatTheNodeHasNot_isNamed() throws Exception {
    flags.domainLabels = "rack";
    var access = KubernetesAccess.of(kubernetes.environment());

    assertThatThrownBy(() -> NodePlace.of(flags, access, NEW_KERNEL))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no label rack")
        .hasMessageContaining("add it to the node, set --topology, or leave it out");
  }

  @Test
  void of_nodeThatKubernetesDoesNotKnow_isNamed() throws Exception {
    flags.domainLabels = "zone";
    flags.nodeId = "n2";
    var access = KubernetesAccess.of(kubernetes.environment());

    assertThatThrownBy(() -> NodePlace.of(flags, access, NEW_KERNEL))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no node n2")
        .hasMessageContaining("set --nodeid to the node's name");
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
    var access = KubernetesAccess.of(kubernetes.environment());
    kubernetes.close();

    assertThatThrownBy(() -> NodePlace.of(flags, access, NEW_KERNEL))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("labels of node n1")
        .hasMessageContaining("see whether the service account may get that");
  }

  @Test
  void of_kubeconfigThatIsMissing_isNamed() {
    flags.domainLabels = "zone";
    var access = KubernetesAccess.of(Map.of("KUBERNETES_CONFIG_PATH", "/nonexistent"));

    assertThatThrownBy(() -> NodePlace.of(flags, access, NEW_KERNEL))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/nonexistent cannot be read")
        .hasMessageContaining("name a kubeconfig that can, or leave it out");
  }

  @Test
  void of_topologyFlag_takesThePlaceOfKubernetes() throws Exception {
    flags.topology = "x/region=r1,zone=z2";
    flags.domainLabels = "zone";

    assertThat(place().segments()).containsOnly(Map.entry("topology.rbd.csi.ceph.com/zone", "z2"));
    assertThat(kubernetes.asked()).isEmpty();
  }

  @Test
  void of_noLabelsWanted_asksNobody() throws Exception {
    assertThat(place().segments()).isEmpty();
    assertThat(kubernetes.asked()).isEmpty();
  }

  @Test
  void crushLocation_isReadFromTheNodesObjectOnceAndWhenItIsNeeded() throws Exception {
    NodePlace place = NodePlace.of(nearReads(), access(), NEW_KERNEL);
    assertThat(kubernetes.asked()).isEmpty();

    for (int stage = 0; stage < 3; stage++) {
      assertThat(place.crushLocation().options(cluster()))
          .containsExactly("read_from_replica=localize", "crush_location=zone:east-1");
    }

    assertThat(kubernetes.asked()).containsExactly("/api/v1/nodes/n1");
  }

  @Test
  void crushLocation_oldKernel_isAnywhere() throws Exception {
    NodePlace place = NodePlace.of(nearReads(), access(), KernelVersion.of("5.7.19"));

    assertThat(place.crushLocation().options(cluster())).isEmpty();
    assertThat(kubernetes.asked()).isEmpty();
  }

  private Flags nearReads() {
    flags.enableReadAffinity = true;
    flags.crushLocationLabels = "topology.kubernetes.io/zone";
    return flags;
  }

  private Optional<KubernetesAccess> access() throws IOException {
    return KubernetesAccess.of(kubernetes.environment());
  }

  private ClusterConfig cluster() throws IOException {
    Path config = folder.resolve("config.json");
    Files.writeString(config, "[{\"clusterID\":\"c\",\"monitors\":[\"m\"]}]");
    return new ClusterConfigs(config).find("c").orElseThrow();
  }

  @Test
  void twice_sameNameBehindTheSlash_isFound() {
    assertThat(NodePlace.twice("a/zone, b/zone,region")).containsExactly("b/zone");
    assertThat(NodePlace.twice("")).isEmpty();
  }
}
