package io.cephcsi.e2e.charts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the charts make of what is in the cluster already. */
class ClusterIT {
  private static final String CLUSTERS =
      "--set-json=csiConfig=[{\"clusterID\":\"c1\",\"monitors\":[\"10.0.0.1:6789\"]}]";
  private static final String THE_SAME =
      "[ {\"clusterID\": \"c1\", \"monitors\": [\"10.0.0.1:6789\"]} ]";

  private FakeApiServer api;

  @BeforeEach
  @SuppressWarnings("MustBeClosed") // closed after each test
  void start() throws IOException {
    api = FakeApiServer.start();
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void bothCharts_inOneNamespace_doNotOwnTheSameObject() {
    Set<String> first = names(install(Chart.RBD, "rbd", CLUSTERS));
    api.configMap("ns", "ceph-csi-config", "rbd", Map.of("config.json", THE_SAME));
    api.configMap("ns", "ceph-csi-encryption-kms-config", "rbd", Map.of("config.json", "{}"));
    api.configMap("ns", "ceph-config", "rbd", Map.of("ceph.conf", cephConf(), "keyring", ""));

    Set<String> second = names(install(Chart.CEPHFS, "cephfs", CLUSTERS));

    assertThat(first).contains("ConfigMap ceph-csi-config", "ConfigMap ceph-config");
    assertThat(second).isNotEmpty().doesNotContainAnyElementsOf(first);
  }

  private static String cephConf() {
    return Yaml.file(Chart.RBD.folder().resolve("values.yaml")).path("cephconf").asText();
  }

  @Test
  void configMap_ofTheReleaseItself_isRenderedAgain() {
    api.configMap("ns", "ceph-csi-config", "rbd", Map.of("config.json", "[]"));

    assertThat(names(install(Chart.RBD, "rbd", CLUSTERS))).contains("ConfigMap ceph-csi-config");
  }

  @Test
  void configMap_ofAnotherReleaseWithOtherClusters_refusesTheInstall() {
    api.configMap("ns", "ceph-csi-config", "rbd", Map.of("config.json", "[]"));

    Helm.Outcome outcome = install(Chart.CEPHFS, "cephfs", CLUSTERS);

    assertThat(outcome.errors())
        .contains("ConfigMap ceph-csi-config belongs to release rbd")
        .contains("kubectl -n ns annotate --overwrite configmap ceph-csi-config");
  }

  @Test
  void configMap_ofNoRelease_isUsedAsItIs() {
    api.configMap("ns", "ceph-csi-config", "", Map.of("config.json", THE_SAME));

    assertThat(names(install(Chart.CEPHFS, "cephfs"))).doesNotContain("ConfigMap ceph-csi-config");
  }

  @Test
  void storageClass_withSecretsInAnotherNamespace_wantsTheNamespaceToBeNamed() {
    api.storageClasses(List.of(storageClass("rbd.csi.ceph.com", "rook-ceph")));

    Helm.Outcome refused = install(Chart.RBD, "rbd");
    Helm.Outcome named = install(Chart.RBD, "rbd", "--set=rbac.secretNamespaces={rook-ceph}");
    Helm.Outcome everywhere = install(Chart.RBD, "rbd", "--set=rbac.clusterWideSecrets=true");

    assertThat(refused.errors()).contains("StorageClass fast").contains("rbac.secretNamespaces");
    assertThat(named.output()).contains("namespace: rook-ceph");
    assertThat(Facts.of(Yaml.objects(everywhere.output())))
        .contains("rule ClusterRole provisioner secrets get");
  }

  @Test
  void storageClass_ofAnotherDriver_mattersNot() {
    api.storageClasses(List.of(storageClass("cephfs.csi.ceph.com", "rook-ceph")));

    assertThat(install(Chart.RBD, "rbd").exit()).isZero();
  }

  /** kubelet reads those that only a node needs. */
  @Test
  void storageClass_withSecretsOfNodesElsewhere_isServed() {
    api.storageClasses(List.of(storageClass("rbd.csi.ceph.com", "node-stage", "rook-ceph")));

    assertThat(install(Chart.RBD, "rbd").exit()).isZero();
  }

  @Test
  void snapshotClass_withSecretsInAnotherNamespace_wantsTheNamespaceToBeNamed() {
    String secret = "csi.storage.k8s.io/snapshotter-secret-";
    api.snapshotClasses(
        List.of(
            Map.of(
                "apiVersion",
                "snapshot.storage.k8s.io/v1",
                "kind",
                "VolumeSnapshotClass",
                "metadata",
                Map.of("name", "cut"),
                "driver",
                "rbd.csi.ceph.com",
                "parameters",
                Map.of(secret + "name", "secret", secret + "namespace", "rook-ceph"))));

    String installed = "--api-versions=snapshot.storage.k8s.io/v1";
    assertThat(install(Chart.RBD, "rbd", installed).errors())
        .contains("VolumeSnapshotClass cut has Secrets in namespace rook-ceph")
        .contains("rbac.secretNamespaces");
    assertThat(install(Chart.CEPHFS, "cephfs", installed).exit()).isZero();
  }

  /** Its parameters cannot be changed, so that the API server would refuse the upgrade. */
  @Test
  void fencing_ofAStorageClassThatIsThere_tellsToDeleteItFirst() {
    String[] fencing = {
      "--set=fencing.enabled=true,storageClass.create=true,storageClass.clusterID=c1,storageClass.name=fast"
    };
    api.storageClasses(List.of(storageClass("rbd.csi.ceph.com", "ns")));
    Helm.Outcome refused = install(Chart.RBD, "rbd", fencing);
    api.storageClasses(List.of(storageClass("rbd.csi.ceph.com", "controller-publish", "ns")));
    Helm.Outcome again = install(Chart.RBD, "rbd", fencing);

    assertThat(refused.errors()).contains("kubectl delete storageclass fast");
    assertThat(again.exit()).as(again.errors()).isZero();
  }

  private static Map<String, Object> storageClass(String driver, String namespace) {
    return storageClass(driver, "provisioner", namespace);
  }

  private static Map<String, Object> storageClass(String driver, String of, String namespace) {
    return Map.of(
        "apiVersion",
        "storage.k8s.io/v1",
        "kind",
        "StorageClass",
        "metadata",
        Map.of("name", "fast"),
        "provisioner",
        driver,
        "parameters",
        Map.of(
            "csi.storage.k8s.io/%s-secret-name".formatted(of),
            "secret",
            "csi.storage.k8s.io/%s-secret-namespace".formatted(of),
            namespace));
  }

  private Helm.Outcome install(Chart chart, String release, String... arguments) {
    List<String> all = new ArrayList<>(List.of(api.arguments()));
    all.add("--namespace=ns");
    all.addAll(List.of(arguments));
    return Helm.found().tryTemplate(chart, release, all.toArray(String[]::new));
  }

  private static Set<String> names(Helm.Outcome outcome) {
    assertThat(outcome.exit()).as(outcome.errors()).isZero();
    return Yaml.objects(outcome.output()).stream()
        .map(o -> o.path("kind").asText() + " " + o.at("/metadata/name").asText())
        .collect(Collectors.toSet());
  }
}
