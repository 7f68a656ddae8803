package io.cephcsi.e2e.charts;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A wrong value is refused before anything is installed, by its name. */
class RefusedValuesIT {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "provisioner.replicaCount=many        | provisioner",
        "provisioner.replicas=2               | replicas",
        "logLevel=high                        | logLevel",
        "kubeletDir=var/lib/kubelet           | kubeletDir",
        "driverName=RBD_driver                | driverName",
        "provisioner.timeout=60               | timeout",
        "nodeplugin.updateStrategy=Rolling    | updateStrategy",
        "nodeplugin.httpMetrics.containerPort=99999 | containerPort",
        "nodeplugin.plugin.image.repository=  | repository",
        "storageClass.reclaimPolicy=Keep      | reclaimPolicy",
        "storageClass.imageFeatures=layring   | imageFeatures",
        "csiConfig[0].clusterID=c1            | monitors",
        "CSIDriver.fsGroupPolicy=Any          | fsGroupPolicy",
        "provisioner.hardMaxCloneDepth=20     | hardMaxCloneDepth",
        "rbac.clusterWideSecrets=maybe        | clusterWideSecrets",
        "monitoring.prometheusRule.runbookUrl=docs | runbookUrl",
        "storageClass.create=true             | storageClass.clusterID",
        "secret.create=true                   | secret.userID",
        "volumeGroupSnapshotClass.create=true | enableVolumeGroupSnapshots",
      })
  void wrongValue_isNamed(String value, String named) {
    Helm.Outcome outcome = Helm.found().tryTemplate(Chart.RBD, "release", "--set=" + value);

    assertThat(outcome.exit()).isNotZero();
    assertThat(outcome.errors()).contains(named);
  }

  @Test
  void valueOfTheOtherChart_isRefused() {
    var attacher =
        Helm.found()
            .tryTemplate(Chart.CEPHFS, "release", "--set=provisioner.attacher.enabled=true");
    var filesystem =
        Helm.found().tryTemplate(Chart.RBD, "release", "--set=storageClass.fsName=myfs");

    assertThat(attacher.errors()).contains("provisioner").contains("attacher");
    assertThat(filesystem.errors()).contains("storageClass").contains("fsName");
  }
}
