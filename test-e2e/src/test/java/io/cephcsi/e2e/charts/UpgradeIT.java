package io.cephcsi.e2e.charts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The values of a release of ceph-csi's chart, as {@code helm get values} gives them back. */
class UpgradeIT {
  /** What has only comments in a file of values is null, and Helm takes our default away for it. */
  private static final List<String> EMPTY =
      List.of(
          "provisioner.provisioner.args",
          "provisioner.resizer.args",
          "provisioner.snapshotter.args",
          "provisioner.strategy.rollingUpdate",
          "provisioner.affinity",
          "provisioner.podSecurityContext",
          "provisioner.profiling",
          "nodeplugin.profiling",
          "nodeplugin.affinity",
          "readAffinity",
          "csiConfig",
          "encryptionKMSConfig",
          "commonLabels",
          "extraDeploy");

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void sectionsWithOnlyComments_areTakenForUnset(Chart chart) {
    List<String> empty = new ArrayList<>(EMPTY);
    if (chart == Chart.RBD) {
      empty.addAll(List.of("provisioner.attacher.args", "topology", "fencing", "csiMapping"));
    }
    for (String section : empty) {
      Helm.Outcome outcome =
          Helm.found().tryTemplate(chart, "release", "--set=" + section + "=null");
      assertThat(outcome.exit()).as("%s: %s", section, outcome.errors()).isZero();
    }
    String all = String.join("=null,", empty) + "=null";
    assertThat(Helm.found().tryTemplate(chart, "release", "--set=" + all).exit()).isZero();
  }

  /** The parameters of a StorageClass cannot be changed, not by a line feed either. */
  @Test
  void pools_asATextOfSeveralLines_areTheVeryText() throws IOException {
    JsonNode storageClass =
        withValues(
            Chart.RBD,
            "StorageClass",
            """
            storageClass:
              create: true
              clusterID: c1
              topologyConstrainedPools: |
                [{"poolName": "pool0",
                  "domainSegments": [{"domainLabel": "zone", "value": "z1"}]}]
            """);

    assertThat(storageClass.at("/parameters/topologyConstrainedPools").asText())
        .isEqualTo(
            """
            [{"poolName": "pool0",
              "domainSegments": [{"domainLabel": "zone", "value": "z1"}]}]
            """);
  }

  @Test
  void podSecurityContext_isTakenAsItIs() throws IOException {
    JsonNode deployment =
        withValues(
            Chart.CEPHFS,
            "Deployment",
            "provisioner: {podSecurityContext: {runAsUser: 0, runAsNonRoot: false}}");

    JsonNode context = deployment.at("/spec/template/spec/securityContext");
    assertThat(context.path("runAsUser").asInt(-1)).isZero();
    assertThat(context.path("runAsNonRoot").asBoolean(true)).isFalse();
    assertThat(context.path("fsGroup").asInt()).as("what it does not say").isEqualTo(65532);
  }

  @Test
  void secret_ofCephFs_mayHaveTheUserAlone() throws IOException {
    JsonNode secret =
        withValues(Chart.CEPHFS, "Secret", "secret: {create: true, userID: static, userKey: key}");

    assertThat(secret.path("stringData").properties())
        .extracting(e -> e.getKey() + "=" + e.getValue().asText())
        .containsExactlyInAnyOrder("userID=static", "userKey=key");
  }

  /** Its longest: what a volume's id has room for, not what a StorageClass' comment says. */
  @Test
  void valuesThatCephCsiTakes_areTaken() throws IOException {
    String values =
        """
        enabled: true
        rbac: {create: true, leastPrivileges: true}
        csiConfig: [{clusterID: %s, monitors: ["10.0.0.1:6789"]}]
        """
            .formatted("c".repeat(64));

    assertThat(withValues(Chart.CEPHFS, "ConfigMap", values).toString()).contains("c".repeat(64));
  }

  private JsonNode withValues(Chart chart, String kind, String values) throws IOException {
    Path file = Files.writeString(folder.resolve("values.yaml"), values);
    return Helm.found().template(chart, "release", "--values=" + file).stream()
        .filter(object -> object.path("kind").asText().equals(kind))
        .findFirst()
        .orElseThrow();
  }
}
