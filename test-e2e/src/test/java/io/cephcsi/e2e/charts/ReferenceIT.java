package io.cephcsi.e2e.charts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each chart beside ceph-csi's. The files {@code *.facts} and {@code *.values} hold what ceph-csi's
 * chart renders and takes, a line each; a line with {@code -} is what ours leaves out, one with
 * {@code +} what ours has more, under a comment that says why.
 */
class ReferenceIT {
  @ParameterizedTest
  @EnumSource
  void objects_areCephCsis_butForTheDifferencesTold(Chart chart) throws IOException {
    Set<String> ours = Facts.of(Helm.found().template(chart, "rel", "--namespace=ns"));

    assertThat(ours).isEqualTo(told(chart, "facts"));
  }

  @ParameterizedTest
  @EnumSource
  void values_areCephCsis_butForTheDifferencesTold(Chart chart) throws IOException {
    Set<String> ours = Facts.ofValues(Yaml.file(chart.folder().resolve("values.yaml")));

    assertThat(ours).isEqualTo(told(chart, "values"));
  }

  /**
   * With a KMS, topology and group snapshots, roles have what they need, and nothing that
   * ceph-csi's have not.
   */
  @ParameterizedTest
  @EnumSource
  void roles_withEverythingOn_areThoseOfCephCsiOrLess(Chart chart) throws IOException {
    String everything =
        "--set=encryptionKMSConfig.vault.encryptionKMSType=vault,readAffinity.enabled=true,"
            + "provisioner.snapshotter.args.enableVolumeGroupSnapshots=true";
    Set<String> ours =
        Facts.of(Helm.found().template(chart, "rel", everything)).stream()
            .filter(line -> line.startsWith("rule "))
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(ours).isSubsetOf(told("roles.facts"));
    assertThat(ours)
        .contains(
            "rule ClusterRole node secrets get",
            "rule ClusterRole node nodes get",
            "rule ClusterRole provisioner secrets get",
            "rule ClusterRole provisioner serviceaccounts/token create",
            "rule ClusterRole provisioner volumegroupsnapshotcontents update");
  }

  private static Set<String> told(Chart chart, String what) throws IOException {
    return told("%s.%s".formatted(chart.chartName(), what));
  }

  private static Set<String> told(String file) throws IOException {
    try (var stream = ReferenceIT.class.getResourceAsStream(file)) {
      assertThat(stream).as(file).isNotNull();
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#") && !line.startsWith("-"))
          .map(line -> line.startsWith("+") ? line.substring(1).strip() : line.strip())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
