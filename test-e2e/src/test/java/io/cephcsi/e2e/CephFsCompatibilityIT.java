package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.CapacityRange;
import csi.v1.ControllerExpandVolumeRequest;
import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.DeleteVolumeRequest;
import csi.v1.Snapshot;
import csi.v1.Volume;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.MountVolume;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import csi.v1.VolumeContentSource.VolumeSource;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * As {@link CompatibilityIT}, for CephFS: what ceph-csi leaves, also when it is stopped amid its
 * work, laid down by Ceph's own commands, is served, repaired and deleted without a trace. And what
 * this driver stores, as Ceph's commands show it.
 */
@Tag("compatibility")
final class CephFsCompatibilityIT {
  private static final long GIB = 1L << 30;
  private static final String U = "11111111-1111-4111-8111-111111111111";
  private static final String S = "22222222-2222-4222-8222-222222222222";
  private static final String C = "33333333-3333-4333-8333-333333333333";
  private static final String ID = "0001-0004-demo-0000000000000001-";

  private static final String OBJECT = "fs create csi.volume.%s\n".formatted(U);
  private static final String NAME =
      "fsomap csi.volumes.default csi.volume.pvc-1 %s\n".formatted(U);
  private static final String ATTRIBUTES =
      """
      fsomap csi.volume.%1$s csi.volname pvc-1
      fsomap csi.volume.%1$s csi.imagename csi-vol-%1$s
      fsomap csi.volume.%1$s csi.volume.owner team-a
      """
          .formatted(U);
  private static final String SUBVOLUME =
      "ceph fs subvolume create cephfs csi-vol-%s --group_name csi --size 1073741824\n"
          .formatted(U);
  private static final String VOLUME = OBJECT + NAME + ATTRIBUTES + SUBVOLUME;

  private static final String SNAPSHOT_RESERVED =
      """
      fs create csi.snap.%1$s
      fsomap csi.snaps.default csi.snap.snapshot-1 %1$s
      fsomap csi.snap.%1$s csi.snapname snapshot-1
      fsomap csi.snap.%1$s csi.imagename csi-snap-%1$s
      fsomap csi.snap.%1$s csi.source csi-vol-%2$s
      """
          .formatted(S, U);
  private static final String SNAPSHOT_CUT =
      "ceph fs subvolume snapshot create cephfs csi-vol-%2$s csi-snap-%1$s --group_name csi\n"
          .formatted(S, U);
  private static final String SNAPSHOT = SNAPSHOT_RESERVED + SNAPSHOT_CUT;

  private static final String COPY_RESERVED =
      """
      fs create csi.volume.%1$s
      fsomap csi.volumes.default csi.volume.pvc-2 %1$s
      fsomap csi.volume.%1$s csi.volname pvc-2
      fsomap csi.volume.%1$s csi.imagename csi-vol-%1$s
      """
          .formatted(C);
  private static final String COPY_CUT =
      "ceph fs subvolume snapshot create cephfs csi-vol-%2$s csi-vol-%1$s --group_name csi\n"
          .formatted(C, U);
  private static final String COPY_BEGUN =
      "ceph fs subvolume snapshot clone cephfs csi-vol-%2$s csi-vol-%1$s csi-vol-%1$s --group_name csi --target_group_name csi\n"
          .formatted(C, U);

  private static final String TRACKER = "rt-backingsnapshot-" + ID + S;

  /** A volume that shows the snapshot; the tracker counts both. */
  private static final String SHOWN =
      COPY_RESERVED
          + """
          fsomap csi.volume.%1$s csi.volume.backingsnapshotid %3$s%2$s
          d=$(mktemp -d)
          printf '\\0\\0\\0\\1' > $d/version
          printf '\\0\\0\\0\\2' > $d/count
          printf '\\1' > $d/normal
          fs put %4$s $d/count
          fs setxattr %4$s csi.ceph.com/rt-version < $d/version
          fs setomapval %4$s %3$s%2$s --input-file $d/normal > /dev/null
          fs setomapval %4$s csi-vol-%1$s --input-file $d/normal > /dev/null
          rm -r $d
          """
              .formatted(C, S, ID, TRACKER);

  private static ThrowawayCeph ceph;
  private static DriverProcess driver;
  private static CephShell shell;

  /** Each test's own in place of the three above. */
  private final String u = UUID.randomUUID().toString();

  private final String s = UUID.randomUUID().toString();
  private final String c = UUID.randomUUID().toString();

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed behind all tests
  static void start() throws Exception {
    ceph = ThrowawayCeph.start();
    driver =
        DriverProcess.startCephFs(ceph, "--controllerserver", "--keyring=" + ceph.entry("keyring"));
    shell = new CephShell(ceph);
    shell.run("ceph fs subvolumegroup create cephfs csi");
  }

  @AfterAll
  static void stop() {
    driver.close();
    ceph.close();
  }

  private static Map<String, String> secrets() {
    try {
      return Map.of("adminID", ceph.credentials().user(), "adminKey", ceph.credentials().key());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private String own(String script) {
    return script.replace(U, u).replace(S, s).replace(C, c);
  }

  private void lay(String script) throws IOException, InterruptedException {
    shell.run(own(script));
  }

  private static CreateVolumeRequest.Builder request(String name, AccessMode.Mode mode) {
    return CreateVolumeRequest.newBuilder()
        .setName(name)
        .addVolumeCapabilities(
            VolumeCapability.newBuilder()
                .setMount(MountVolume.getDefaultInstance())
                .setAccessMode(AccessMode.newBuilder().setMode(mode)))
        .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(GIB))
        .putParameters("clusterID", DriverProcess.CLUSTER_ID)
        .putParameters("fsName", "cephfs")
        .putParameters("csi.storage.k8s.io/pvc/namespace", "team-a")
        .putAllSecrets(secrets());
  }

  private static CreateVolumeRequest.Builder request(String name) {
    return request(name, AccessMode.Mode.MULTI_NODE_MULTI_WRITER);
  }

  private static VolumeContentSource snapshotSource(String id) {
    return VolumeContentSource.newBuilder()
        .setSnapshot(SnapshotSource.newBuilder().setSnapshotId(id))
        .build();
  }

  private static VolumeContentSource volumeSource(String id) {
    return VolumeContentSource.newBuilder()
        .setVolume(VolumeSource.newBuilder().setVolumeId(id))
        .build();
  }

  private static Volume create(CreateVolumeRequest.Builder request) {
    return driver.client().controller().createVolume(request.build()).getVolume();
  }

  private static void delete(String id) {
    var _ =
        driver
            .client()
            .controller()
            .deleteVolume(
                DeleteVolumeRequest.newBuilder().setVolumeId(id).putAllSecrets(secrets()).build());
  }

  private static Snapshot snapshot(String source) {
    return driver
        .client()
        .controller()
        .createSnapshot(
            CreateSnapshotRequest.newBuilder()
                .setName("snapshot-1")
                .setSourceVolumeId(source)
                .putParameters("clusterID", DriverProcess.CLUSTER_ID)
                .putAllSecrets(secrets())
                .build())
        .getSnapshot();
  }

  private static void deleteSnapshot(String id) {
    var _ =
        driver
            .client()
            .controller()
            .deleteSnapshot(
                DeleteSnapshotRequest.newBuilder()
                    .setSnapshotId(id)
                    .putAllSecrets(secrets())
                    .build());
  }

  /** Subvolumes, journal objects, trackers and names: all that a volume or snapshot is. */
  private static List<String> everything() throws IOException, InterruptedException {
    return shell.lines(
        """
        ceph fs subvolume ls cephfs --group_name csi | grep -o '"name": .*' || true
        fs ls | grep -E '^(csi[.](volume|snap)[.]|rt-)' || true
        fs listomapkeys csi.volumes.default 2>/dev/null || true
        fs listomapkeys csi.snaps.default 2>/dev/null || true
        """);
  }

  static Stream<Arguments> creationsStopped() {
    return Stream.of(
        Arguments.of("nothing but the object", OBJECT, false),
        Arguments.of("a name that leads to an empty object", OBJECT + NAME, false),
        Arguments.of("a name that leads to nothing", NAME, false),
        Arguments.of("no subvolume", OBJECT + NAME + ATTRIBUTES, true),
        Arguments.of("all of it", VOLUME, true));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("creationsStopped")
  void creationStopped_isServedAndDeleted(String what, String laid, boolean same) throws Exception {
    lay(laid);
    Volume volume = create(request("pvc-1"));
    assertThat(volume.getVolumeId().equals(ID + u)).as(what).isEqualTo(same);
    assertThat(create(request("pvc-1"))).isEqualTo(volume);
    String path =
        shell.run(
            "ceph fs subvolume getpath cephfs %s --group_name csi"
                .formatted(volume.getVolumeContextOrThrow("subvolumeName")));
    assertThat(volume.getVolumeContextOrThrow("subvolumePath")).isEqualTo(path);
    delete(volume.getVolumeId());
    delete(ID + u);
    // An empty object that no name leads to says nothing, and nobody meets it.
    assertThat(everything()).isSubsetOf(laid.equals(OBJECT) ? "csi.volume." + u : "");
    shell.run("fs rm csi.volume.%s 2>&1 || true".formatted(u));
  }

  static Stream<Arguments> deletionsStopped() {
    String rm = "ceph fs subvolume rm cephfs csi-vol-%s --group_name csi\n".formatted(U);
    String object = "fs rm csi.volume.%s\n".formatted(U);
    return Stream.of(
        Arguments.of("before its first step", ""),
        Arguments.of("after the subvolume", rm),
        Arguments.of("after the object", rm + object));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("deletionsStopped")
  void deletionStopped_isFinished_andTheNameServesAgain(String what, String removed)
      throws Exception {
    lay(VOLUME + removed);
    delete(ID + u);
    Volume anew = create(request("pvc-1"));
    assertThat(anew.getCapacityBytes()).as(what).isEqualTo(GIB);
    delete(anew.getVolumeId());
    assertThat(everything()).isEmpty();
  }

  @Test
  void volume_grows() throws Exception {
    lay(VOLUME);
    var request =
        ControllerExpandVolumeRequest.newBuilder()
            .setVolumeId(ID + u)
            .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(2 * GIB))
            .putAllSecrets(secrets())
            .build();
    assertThat(driver.client().controller().controllerExpandVolume(request).getCapacityBytes())
        .isEqualTo(2 * GIB);
    assertThat(shell.run(own("ceph fs subvolume info cephfs csi-vol-%s csi".formatted(U))))
        .contains("\"bytes_quota\": 2147483648");
    delete(ID + u);
    assertThat(everything()).isEmpty();
  }

  static Stream<Arguments> snapshotsStopped() {
    return Stream.of(Arguments.of("not cut", SNAPSHOT_RESERVED), Arguments.of("cut", SNAPSHOT));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("snapshotsStopped")
  void snapshotStopped_isServedRestoredAndDeleted(String what, String laid) throws Exception {
    lay(VOLUME + laid);
    Snapshot snapshot = snapshot(ID + u);
    assertThat(snapshot.getSnapshotId()).as(what).isEqualTo(ID + s);
    assertThat(snapshot(ID + u).getSnapshotId()).isEqualTo(ID + s);
    delete(ID + u);
    Volume restored =
        create(request("pvc-3").setVolumeContentSource(snapshotSource(snapshot.getSnapshotId())));
    assertThat(restored.getCapacityBytes()).isEqualTo(GIB);
    deleteSnapshot(snapshot.getSnapshotId());
    delete(restored.getVolumeId());
    assertThat(everything()).isEmpty();
  }

  static Stream<Arguments> copiesStopped() {
    return Stream.of(
        Arguments.of("reserved", COPY_RESERVED),
        Arguments.of("cut", COPY_RESERVED + COPY_CUT),
        Arguments.of("begun", COPY_RESERVED + COPY_CUT + COPY_BEGUN),
        Arguments.of("complete", COPY_RESERVED + COPY_CUT + COPY_BEGUN + "sleep 8\n"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("copiesStopped")
  void copyStopped_isFinishedWithoutItsSnapshot(String what, String laid) throws Exception {
    lay(VOLUME + laid);
    Volume copy = create(request("pvc-2").setVolumeContentSource(volumeSource(ID + u)));
    assertThat(copy.getVolumeId()).as(what).isEqualTo(ID + c);
    assertThat(shell.run(own("ceph fs subvolume snapshot ls cephfs csi-vol-%s csi".formatted(U))))
        .isEqualTo("[]");
    delete(ID + u);
    delete(ID + c);
    assertThat(everything()).isEmpty();
  }

  @Test
  void shownSnapshot_deletedFirst_goesWithItsLastVolume() throws Exception {
    lay(VOLUME + SNAPSHOT + SHOWN);
    var again =
        request("pvc-2", AccessMode.Mode.MULTI_NODE_READER_ONLY)
            .setVolumeContentSource(snapshotSource(ID + s));
    assertThat(create(again).getVolumeId()).isEqualTo(ID + c);

    deleteSnapshot(ID + s);
    assertThat(tracker()).containsExactly("00000001", "00000001", "01", "02");
    delete(ID + u);
    assertThat(everything()).isNotEmpty();
    delete(ID + c);
    assertThat(everything()).isEmpty();
  }

  @Test
  void shownSnapshot_maskedByCephCsi_goesWithItsLastVolume() throws Exception {
    lay(
        VOLUME
            + SNAPSHOT
            + SHOWN
            + """
            d=$(mktemp -d)
            printf '\\0\\0\\0\\1' > $d/count
            printf '\\2' > $d/mask
            fs put %1$s $d/count
            fs setomapval %1$s %2$s%3$s --input-file $d/mask > /dev/null
            rm -r $d
            """
                .formatted(TRACKER, ID, S));
    delete(ID + c);
    assertThat(shell.run(own("ceph fs subvolume snapshot ls cephfs csi-vol-%s csi".formatted(U))))
        .isEqualTo("[]");
    delete(ID + u);
    assertThat(everything()).isEmpty();
  }

  /** A copy would have names and data that nobody can read. */
  @Test
  void encryptedByCephCsi_isNeitherCopiedShownNorCut_andDeleted() throws Exception {
    lay(
        VOLUME
            + SNAPSHOT
            + """
            fsomap csi.volume.%1$s csi.volume.encryptKMS vault
            fsomap csi.volume.%1$s csi.volume.encryptionType file
            fsomap csi.snap.%2$s csi.volume.encryptKMS vault
            fsomap csi.snap.%2$s csi.volume.encryptionType file
            """
                .formatted(U, S));
    List<String> before = everything();
    var copy = request("pvc-3").setVolumeContentSource(volumeSource(ID + u));
    var restored = request("pvc-3").setVolumeContentSource(snapshotSource(ID + s));
    var shown =
        request("pvc-3", AccessMode.Mode.MULTI_NODE_READER_ONLY)
            .setVolumeContentSource(snapshotSource(ID + s));

    assertRefused(Status.Code.FAILED_PRECONDITION, () -> create(copy));
    assertRefused(Status.Code.FAILED_PRECONDITION, () -> create(restored));
    assertRefused(Status.Code.FAILED_PRECONDITION, () -> create(shown));
    assertRefused(Status.Code.FAILED_PRECONDITION, () -> snapshot(ID + u));
    assertRefused(Status.Code.ALREADY_EXISTS, () -> create(request("pvc-1")));

    assertThat(everything()).containsExactlyElementsOf(before);
    deleteSnapshot(ID + s);
    delete(ID + u);
    assertThat(everything()).isEmpty();
  }

  private static void assertRefused(Status.Code code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code))
        .hasMessageContaining("is encrypted");
  }

  /** Version, count, and the references' values in hex. */
  private List<String> tracker() throws IOException, InterruptedException {
    return shell.lines(
        own(
            """
            hex() { od -An -tx1 | tr -d ' \\n'; echo; }
            fs getxattr %1$s csi.ceph.com/rt-version | hex
            fs get %1$s - | hex
            for k in $(fs listomapkeys %1$s); do
              fs getomapval %1$s $k /dev/fd/3 3>&1 >/dev/null 2>/dev/null | hex
            done
            """
                .formatted(TRACKER)));
  }

  @Test
  void whatIsStored_isWhatCephCsiStores() throws Exception {
    Volume volume = create(request("pvc-1"));
    String uuid = volume.getVolumeId().substring(ID.length());
    Snapshot snapshot = snapshot(volume.getVolumeId());
    String snapshotUuid = snapshot.getSnapshotId().substring(ID.length());
    Volume shown =
        create(
            request("pvc-2", AccessMode.Mode.MULTI_NODE_READER_ONLY)
                .setVolumeContentSource(snapshotSource(snapshot.getSnapshotId())));
    String shownUuid = shown.getVolumeId().substring(ID.length());

    assertThat(values("csi.volumes.default"))
        .containsExactly("csi.volume.pvc-1=" + uuid, "csi.volume.pvc-2=" + shownUuid);
    assertThat(values("csi.volume." + uuid))
        .filteredOn(entry -> !entry.startsWith("cephcsi."))
        .containsExactly(
            "csi.imagename=csi-vol-" + uuid, "csi.volname=pvc-1", "csi.volume.owner=team-a");
    assertThat(values("csi.snaps.default")).containsExactly("csi.snap.snapshot-1=" + snapshotUuid);
    assertThat(values("csi.snap." + snapshotUuid))
        .filteredOn(entry -> !entry.startsWith("cephcsi."))
        .containsExactly(
            "csi.imagename=csi-snap-" + snapshotUuid,
            "csi.snapname=snapshot-1",
            "csi.source=csi-vol-" + uuid,
            "csi.volume.owner=team-a");
    assertThat(values("csi.volume." + shownUuid))
        .filteredOn(entry -> !entry.startsWith("cephcsi."))
        .containsExactly(
            "csi.imagename=csi-vol-" + shownUuid,
            "csi.volname=pvc-2",
            "csi.volume.backingsnapshotid=" + snapshot.getSnapshotId(),
            "csi.volume.owner=team-a");
    assertThat(
            shell.lines(
                """
                hex() { od -An -tx1 | tr -d ' \\n'; echo; }
                fs getxattr rt-backingsnapshot-%1$s csi.ceph.com/rt-version | hex
                fs get rt-backingsnapshot-%1$s - | hex
                fs listomapkeys rt-backingsnapshot-%1$s
                """
                    .formatted(snapshot.getSnapshotId())))
        .containsExactlyInAnyOrder(
            "00000001", "00000002", snapshot.getSnapshotId(), "csi-vol-" + shownUuid);
    assertThat(shell.run("ceph fs subvolume snapshot ls cephfs csi-vol-%s csi".formatted(uuid)))
        .contains("csi-snap-" + snapshotUuid);
    delete(volume.getVolumeId());
    delete(shown.getVolumeId());
    deleteSnapshot(snapshot.getSnapshotId());
    assertThat(everything()).isEmpty();
  }

  /** {@code key=value} of an omap, sorted. */
  private static List<String> values(String object) throws IOException, InterruptedException {
    return shell.lines(
        """
        for k in $(fs listomapkeys %1$s); do
          echo "$k=$(fs getomapval %1$s $k /dev/fd/3 3>&1 >/dev/null 2>/dev/null)"
        done
        """
            .formatted(object));
  }
}
