package io.cephcsi.e2e;

import static io.cephcsi.e2e.LaidDown.GIB;
import static io.cephcsi.e2e.LaidDown.uuid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.Snapshot;
import csi.v1.VolumeGroupSnapshot;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Volumes, snapshots and groups that are elsewhere than their pool's default place: in a RADOS
 * namespace, with their names in another pool, or in a cluster that mirrors the one of their ids.
 */
@Tag("compatibility")
final class PlaceCompatibilityIT {
  private static final String NAMESPACE = "tenant";

  /** A volume of ceph-csi, whole, but for the directory's key. */
  private static final String VOLUME =
      """
      rados -p $P create csi.volume.%1$s
      omap csi.volume.%1$s csi.volname pvc-1
      omap csi.volume.%1$s csi.imagename csi-vol-%1$s
      rbd create $P/csi-vol-%1$s --size 1G --image-feature layering,exclusive-lock
      omap csi.volume.%1$s csi.imageid $(id csi-vol-%1$s)
      """;

  private static LaidDown laid;
  private final String uuid = UUID.randomUUID().toString();

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed behind all tests
  static void start() throws Exception {
    laid = LaidDown.start();
    laid.shell()
        .run(
            """
            rbd namespace create $P/%s
            ceph osd pool create names 8 8
            rbd pool init names
            """
                .formatted(NAMESPACE));
  }

  @AfterAll
  static void stop() {
    laid.close();
  }

  @BeforeEach
  void isEmpty() throws Exception {
    for (String namespace : List.of("", NAMESPACE)) {
      assertThat(laid.everything(laid.pool(), namespace)).isEmpty();
    }
  }

  @AfterEach
  void nothingMore() throws Exception {
    laid.configure(Map.of());
    Files.deleteIfExists(laid.mapping());
  }

  private void inNamespace() throws Exception {
    laid.configure(Map.of("rbd", Map.of("radosNamespace", NAMESPACE)));
  }

  private void awaitNothingAnywhere() throws Exception {
    laid.awaitNothing(laid.pool(), "");
    laid.awaitNothing(laid.pool(), NAMESPACE);
    laid.awaitNothing("names", "");
  }

  /** Grows, cuts, restores, copies, groups and deletes a volume. */
  private void lead(String volume) throws Exception {
    assertThat(laid.expand(volume, 2 * GIB)).isEqualTo(2 * GIB);
    Snapshot snapshot = laid.snapshot(laid.snapshotOf("snapshot-1", volume));
    assertThat(snapshot.getSourceVolumeId()).isEqualTo(volume);
    String restored = laid.create(grown(laid.restoring("pvc-r", snapshot.getSnapshotId())));
    String copy = laid.create(grown(laid.copying("pvc-c", volume)));
    VolumeGroupSnapshot group = laid.group("group-1", List.of(volume, restored));
    assertThat(laid.getGroup(group.getGroupSnapshotId()).getSnapshotsCount()).isEqualTo(2);
    laid.deleteGroup(group.getGroupSnapshotId());
    laid.deleteSnapshot(snapshot.getSnapshotId());
    List.of(copy, restored, volume, volume).forEach(laid::delete);
  }

  private static csi.v1.CreateVolumeRequest.Builder grown(
      csi.v1.CreateVolumeRequest.Builder request) {
    request.getCapacityRangeBuilder().setRequiredBytes(2 * GIB);
    return request.putParameters("imageFeatures", "layering,exclusive-lock");
  }

  @Test
  void volumeOfCephCsi_inANamespace_isServedThereAndNowhereElse() throws Exception {
    inNamespace();
    laid.shell()
        .run(
            """
            o() { rados -p $P -N %2$s setomapval "$@" > /dev/null; }
            rados -p $P -N %2$s create csi.volume.%1$s
            o csi.volumes.default csi.volume.pvc-1 %1$s
            o csi.volume.%1$s csi.volname pvc-1
            o csi.volume.%1$s csi.imagename csi-vol-%1$s
            rbd create $P/%2$s/csi-vol-%1$s --size 1G --image-feature layering,exclusive-lock
            rados -p $P create csi.volume.%1$s
            omap csi.volume.%1$s csi.volname stranger
            """
                .formatted(uuid, NAMESPACE));
    String volume = laid.create(laid.request("pvc-1"));

    assertThat(volume).isEqualTo(laid.id(uuid));
    assertThat(laid.keys(laid.pool(), NAMESPACE, "csi.volume." + uuid))
        .anyMatch(key -> key.startsWith("csi.imageid="));
    lead(volume);

    laid.awaitNothing(laid.pool(), NAMESPACE);
    assertThat(laid.everything(laid.pool(), "")).containsExactly("csi.volume." + uuid);
    laid.shell().run("rados -p $P rm csi.volume." + uuid);
    awaitNothingAnywhere();
  }

  @Test
  void ours_inANamespace_isStoredThereAlone() throws Exception {
    inNamespace();
    String first = laid.create(laid.request("pvc-1"));
    String snapshot = laid.snapshot(laid.snapshotOf("snapshot-1", first)).getSnapshotId();
    String group = laid.group("group-1", List.of(first)).getGroupSnapshotId();

    assertThat(laid.keys(laid.pool(), NAMESPACE, "csi.volumes.default"))
        .containsExactly("csi.volume.pvc-1=" + uuid(first));
    assertThat(laid.keys(laid.pool(), NAMESPACE, "csi.volume." + uuid(first)))
        .contains("csi.volname=pvc-1", "csi.imagename=csi-vol-" + uuid(first));
    assertThat(laid.keys(laid.pool(), NAMESPACE, "csi.snaps.default"))
        .contains("csi.snap.snapshot-1=" + uuid(snapshot));
    assertThat(laid.keys(laid.pool(), NAMESPACE, "csi.snap." + uuid(snapshot)))
        .contains("csi.source=csi-vol-" + uuid(first));
    assertThat(laid.keys(laid.pool(), NAMESPACE, "csi.groups.default"))
        .containsExactly("csi.volume.group.group-1=" + uuid(group));
    assertThat(laid.shell().lines("rbd ls $P/" + NAMESPACE))
        .contains("csi-vol-" + uuid(first), "csi-snap-" + uuid(snapshot));
    assertThat(laid.everything(laid.pool(), "")).isEmpty();

    laid.deleteGroup(group);
    laid.deleteSnapshot(snapshot);
    laid.delete(first);
    awaitNothingAnywhere();
  }

  /** As very old releases of ceph-csi left them; the volume's id has the pool of the image. */
  @Test
  void volumeWithItsNameInAnotherPool_isServedByItsIdAndItsNameFreed() throws Exception {
    laid.shell()
        .run(
            (VOLUME
                    + """
                    omap csi.volume.%1$s csi.journalpool %3$016x
                    rados -p names setomapval csi.volumes.default csi.volume.pvc-1 %2$016x/%1$s > /dev/null
                    """)
                .formatted(uuid, laid.poolId(laid.pool()), laid.poolId("names")));

    lead(laid.id(uuid));

    awaitNothingAnywhere();
  }

  @Test
  void nameWithThePoolBefore_isThatOfTheSameVolume() throws Exception {
    laid.shell()
        .run(
            (VOLUME + "omap csi.volumes.default csi.volume.pvc-1 %2$016x/%1$s\n")
                .formatted(uuid, laid.poolId(laid.pool())));

    String volume = laid.create(laid.request("pvc-1"));

    assertThat(volume).isEqualTo(laid.id(uuid));
    lead(volume);
    awaitNothingAnywhere();
  }

  @Test
  void nameThatLeadsIntoAPoolThatIsGone_startsAnew() throws Exception {
    laid.shell().run("omap csi.volumes.default csi.volume.pvc-1 %016x/%s".formatted(4711, uuid));

    String volume = laid.create(laid.request("pvc-1"));

    assertThat(uuid(volume)).isNotEqualTo(uuid);
    assertThat(laid.keys(laid.pool(), "", "csi.volumes.default"))
        .containsExactly("csi.volume.pvc-1=" + uuid(volume));
    lead(volume);
    awaitNothingAnywhere();
  }

  /** Of a cluster that is lost; the same pool has another id in its mirror. */
  @Test
  void idsOfAMirroredCluster_leadToWhatIsInTheMirror() throws Exception {
    laid.shell().run((VOLUME + "omap csi.volumes.default csi.volume.pvc-1 %1$s\n").formatted(uuid));
    String here = laid.id(uuid);
    Snapshot snapshot = laid.snapshot(laid.snapshotOf("snapshot-1", here));
    VolumeGroupSnapshot group = laid.group("group-1", List.of(here));
    assertNotFoundOrUnknown(LaidDown.id("lost", 9, uuid));
    laid.map(
        """
        [{"clusterIDMapping": {"lost": "%s"}, "RBDPoolIDMapping": [{"9": "%d"}]}]
        """
            .formatted(DriverProcess.CLUSTER_ID, laid.poolId(laid.pool())));

    assertThat(laid.expand(lost(here), 2 * GIB)).isEqualTo(2 * GIB);
    assertThat(laid.getSnapshot(lost(snapshot.getSnapshotId())).getReadyToUse()).isTrue();
    assertThat(laid.getGroup(lost(group.getGroupSnapshotId())).getSnapshotsCount()).isEqualTo(1);
    String restored = laid.create(laid.restoring("pvc-r", lost(snapshot.getSnapshotId())));
    String copy = laid.create(grown(laid.copying("pvc-c", lost(here))));
    Snapshot second = laid.snapshot(laid.snapshotOf("snapshot-2", lost(here)));
    assertThat(second.getSourceVolumeId()).isEqualTo(lost(here));

    laid.deleteGroup(lost(group.getGroupSnapshotId()));
    laid.deleteSnapshot(lost(second.getSnapshotId()));
    laid.deleteSnapshot(lost(snapshot.getSnapshotId()));
    List.of(copy, restored, here).forEach(id -> laid.delete(lost(id)));
    awaitNothingAnywhere();
  }

  /** Both are configured, and the pool that the ids name is there, without what they name. */
  @Test
  void idsOfAnotherPool_thatIsMirroredHere_leadToWhatIsHere() throws Exception {
    laid.shell().run((VOLUME + "omap csi.volumes.default csi.volume.pvc-1 %1$s\n").formatted(uuid));
    long elsewhere = laid.poolId("names");
    laid.map(
        """
        [{"clusterIDMapping": {"%1$s": "%1$s"}, "RBDPoolIDMapping": [{"%2$d": "%3$d"}]}]
        """
            .formatted(DriverProcess.CLUSTER_ID, elsewhere, laid.poolId(laid.pool())));
    String asked = LaidDown.id(DriverProcess.CLUSTER_ID, elsewhere, uuid);

    assertThat(laid.expand(asked, 2 * GIB)).isEqualTo(2 * GIB);
    laid.delete(asked);

    awaitNothingAnywhere();
  }

  private static String lost(String id) {
    return LaidDown.id("lost", 9, uuid(id));
  }

  private static void assertNotFoundOrUnknown(String volume) {
    assertThatThrownBy(() -> laid.expand(volume, 2 * GIB))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e ->
                assertThat(e.getStatus().getCode())
                    .isIn(Status.Code.NOT_FOUND, Status.Code.INVALID_ARGUMENT));
  }
}
