package io.cephcsi.e2e.charts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * A sidecar is given what its version knows: one with a gate of features that it has not does not
 * start.
 */
class SidecarVersionsIT {
  private static final String GROUPS =
      ",volumeGroupSnapshotClass.create=true,storageClass.clusterID=c1"
          + ",provisioner.snapshotter.args.enableVolumeGroupSnapshots=true";

  @Test
  void provisioner_from62On_hasNoGateForTheReclaimPolicy_andProtectsSnapshots() {
    String gate = "arg provisioner csi-provisioner --feature-gates=HonorPVReclaimPolicy=true";
    String update = "rule ClusterRole provisioner volumesnapshots update";

    assertThat(facts("provisioner.provisioner.image.tag=v6.1.1"))
        .contains(gate)
        .doesNotContain(update);
    assertThat(facts("provisioner.provisioner.image.tag=v6.2.0"))
        .contains(update)
        .doesNotContain(gate);
  }

  @Test
  void resizer_from113On_hasNoGateForFailedExpansions() {
    String gate = "arg provisioner csi-resizer --feature-gates=RecoverVolumeExpansionFailure=true";

    assertThat(facts("provisioner.resizer.image.tag=v1.12.0")).contains(gate);
    assertThat(facts("provisioner.resizer.image.tag=v1.13.0")).doesNotContain(gate);
  }

  @Test
  void tagThatIsNoVersion_isTakenForANewOne() {
    assertThat(facts("provisioner.provisioner.image.tag=canary,provisioner.resizer.image.tag=mine"))
        .noneMatch(fact -> fact.contains("--feature-gates"));
  }

  @Test
  void snapshotter_hasTheGroupApiOfItsVersion() {
    assertThat(rendered("provisioner.snapshotter.image.tag=v8.1.0" + GROUPS))
        .contains("groupsnapshot.storage.k8s.io/v1alpha1")
        .contains("--enable-volume-group-snapshots=true");
    assertThat(rendered("provisioner.snapshotter.image.tag=v8.2.0" + GROUPS))
        .contains("groupsnapshot.storage.k8s.io/v1beta1")
        .contains("--feature-gates=CSIVolumeGroupSnapshot=true");
    assertThat(rendered("provisioner.snapshotter.image.tag=v8.6.0" + GROUPS))
        .contains("groupsnapshot.storage.k8s.io/v1\n")
        .contains("--feature-gates=CSIVolumeGroupSnapshot=true");
  }

  private static Set<String> facts(String values) {
    return Facts.of(Helm.found().template(Chart.RBD, "rel", "--set=" + values));
  }

  private static String rendered(String values) {
    return Helm.found().tryTemplate(Chart.RBD, "rel", "--set=" + values).output();
  }
}
