package io.cephcsi.e2e.charts;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.e2e.Checkout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the values, what a chart renders is what Kubernetes takes. */
class ConformanceIT {
  /** Values that change much, each of them on or off. */
  private static final List<String> AXES =
      List.of(
          "driverMetrics.enabled=true,driverMetrics.tlsSecret=tls,monitoring.serviceMonitor.enabled=true,"
              + "monitoring.podMonitor.enabled=true,monitoring.prometheusRule.enabled=true,"
              + "monitoring.dashboard.enabled=true,provisioner.provisioner.args.httpEndpointPort=8090",
          "encryptionKMSConfig.vault.encryptionKMSType=vault,readAffinity.enabled=true,"
              + "readAffinity.crushLocationLabels={a/b},commonLabels.team=storage,rbac.secretNamespaces={a}",
          "storageClass.create=true,storageClass.clusterID=c1,storageClass.encrypted=true,volumeSnapshotClass.create=true,"
              + "volumeGroupSnapshotClass.create=true,provisioner.snapshotter.args.enableVolumeGroupSnapshots=true,"
              + "secret.create=true,secret.userKey=k,secret.userID=1234,secret.adminID=1,secret.adminKey=k",
          "provisioner.replicaCount=1,provisioner.enableHostNetwork=true,networkPolicy.enabled=true,probes.enabled=false,"
              + "provisioner.resizer.enabled=false,nodeplugin.updateStrategy=OnDelete,selinuxMount=false,"
              + "provisioner.strategy.type=Recreate",
          "rbac.create=false,serviceAccounts.nodeplugin.create=false,serviceAccounts.provisioner.create=false,"
              + "nodeplugin.httpMetrics.enabled=false,provisioner.httpMetrics.service.enabled=false,"
              + "externallyManagedConfigmap=true,externallyManagedCephConf=true,configMapKey=x,instanceID=i");

  /** Values of one chart only, which are left out for the other. */
  private static final List<String> OF_RBD =
      List.of(
          "fencing.enabled=true,topology.domainLabels={topology.kubernetes.io/zone}",
          "csiMapping[0].clusterIDMapping.a=b,provisioner.attacher.enabled=false,storageClass.stripeUnit=4096");

  @TempDir static Path schemas;
  private static Kubeconform kubeconform;

  @TempDir Path folder;

  @BeforeAll
  static void makeSchemas() throws Exception {
    kubeconform = Kubeconform.in(schemas);
  }

  @ParameterizedTest
  @EnumSource
  void chart_everyCombinationOfValues_conforms(Chart chart) throws Exception {
    List<String> axes = new ArrayList<>(AXES);
    if (chart == Chart.RBD) {
      axes.addAll(OF_RBD);
    }
    for (int combination = 0; combination < 1 << axes.size(); combination++) {
      Kubeconform.write(folder, "combination-" + combination, render(chart, axes, combination));
    }

    assertThat(kubeconform.problems(folder)).isEmpty();
  }

  private static String render(Chart chart, List<String> axes, int combination) {
    List<String> arguments = new ArrayList<>();
    for (int axis = 0; axis < axes.size(); axis++) {
      if ((combination >> axis & 1) == 1) {
        arguments.add("--set=" + of(chart, axes.get(axis)));
      }
    }
    Helm.Outcome outcome =
        Helm.found().tryTemplate(chart, "release", arguments.toArray(String[]::new));
    assertThat(outcome.exit()).as("%s %s", arguments, outcome.errors()).isZero();
    return outcome.output();
  }

  private static String of(Chart chart, String values) {
    return chart == Chart.CEPHFS
        ? values
        : values.replace(",secret.adminID=1,secret.adminKey=k", "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"deploy", "examples"})
  void files_conform(String name) throws Exception {
    try (var files = Files.walk(Checkout.root().resolve(name))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).toList()) {
        if (!file.endsWith(Manifests.VALUES)) {
          Kubeconform.write(folder, file.toString().replace('/', '_'), Files.readString(file));
        }
      }
    }

    assertThat(kubeconform.problems(folder)).isEmpty();
  }

  @Test
  void anObjectWithAnUnknownField_doesNotConform() throws Exception {
    Kubeconform.write(
        folder,
        "wrong",
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: a}
        spec:
          selector: {}
          template: {spec: {containers: [{name: a, imagePolicy: Always}]}}
        ---
        apiVersion: monitoring.coreos.com/v1
        kind: PodMonitor
        metadata: {name: a}
        spec: {podMetricsEndpoint: []}
        """);

    assertThat(kubeconform.problems(folder)).contains("imagePolicy").contains("podMetricsEndpoint");
  }
}
