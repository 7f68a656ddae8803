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
import csi.v1.VolumeCapability.BlockVolume;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import csi.v1.VolumeContentSource.VolumeSource;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What ceph-csi leaves, also when it is stopped amid its work, laid down by Ceph's own commands:
 * this driver serves it, repairs it and deletes it without a trace. And what this driver stores, as
 * Ceph's commands show it.
 */
@Tag("compatibility")
final class CompatibilityIT {
  private static final long GIB = 1L << 30;
  private static final String U = "11111111-1111-4111-8111-111111111111";
  private static final String S = "22222222-2222-4222-8222-222222222222";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final String IMAGE =
      "rbd create $P/csi-vol-%s --size 1G --image-feature layering\n".formatted(U);
  private static final String NAME = "omap csi.volumes.default csi.volume.pvc-1 %s\n".formatted(U);
  private static final String OBJECT = "rados -p $P create csi.volume.%s\n".formatted(U);
  private static final String ATTRIBUTES =
      """
      omap csi.volume.%1$s csi.volname pvc-1
      omap csi.volume.%1$s csi.imagename csi-vol-%1$s
      omap csi.volume.%1$s csi.volume.owner team-a
      """
          .formatted(U);
  private static final String IMAGE_ID =
      "omap csi.volume.%1$s csi.imageid $(id csi-vol-%1$s)\n".formatted(U);
  private static final String VOLUME = OBJECT + NAME + ATTRIBUTES + IMAGE + IMAGE_ID;

  private static final String SNAPSHOT_RESERVED =
      """
      rados -p $P create csi.snap.%1$s
      omap csi.snaps.default csi.snap.snapshot-1 %1$s
      omap csi.snap.%1$s csi.snapname snapshot-1
      omap csi.snap.%1$s csi.imagename csi-snap-%1$s
      omap csi.snap.%1$s csi.source csi-vol-%2$s
      """
          .formatted(S, U);
  private static final String SNAPSHOT_CUT =
      "rbd snap create --no-progress $P/csi-vol-%2$s@csi-snap-%1$s\n".formatted(S, U);
  private static final String SNAPSHOT_CLONED =
      "rbd clone --rbd-default-clone-format 2 --image-feature layering,deep-flatten $P/csi-vol-%2$s@csi-snap-%1$s $P/csi-snap-%1$s\n"
          .formatted(S, U);
  private static final String CUT_REMOVED =
      "rbd snap rm --no-progress $P/csi-vol-%2$s@csi-snap-%1$s\n".formatted(S, U);
  private static final String OWN_SNAPSHOT =
      "rbd snap create --no-progress $P/csi-snap-%1$s@csi-snap-%1$s\n".formatted(S);
  private static final String SNAPSHOT_ID =
      "omap csi.snap.%1$s csi.imageid $(id csi-snap-%1$s)\n".formatted(S);

  private static final String COPY_RESERVED =
      """
      rados -p $P create csi.volume.%1$s
      omap csi.volumes.default csi.volume.pvc-2 %1$s
      omap csi.volume.%1$s csi.volname pvc-2
      omap csi.volume.%1$s csi.imagename csi-vol-%1$s
      """
          .formatted(S);
  private static final String COPY_CUT =
      "rbd snap create --no-progress $P/csi-vol-%2$s@csi-vol-%1$s-temp\n".formatted(S, U);
  private static final String INTERMEDIATE =
      "rbd clone --rbd-default-clone-format 2 --image-feature layering,deep-flatten $P/csi-vol-%2$s@csi-vol-%1$s-temp $P/csi-vol-%1$s-temp\n"
          .formatted(S, U);

  /** What a clone is before it has its parent. */
  private static final String HALF_INTERMEDIATE =
      "rbd create --size 1G --image-feature layering,deep-flatten $P/csi-vol-%s-temp\n"
          .formatted(S);

  private static final String HEADER_MISSING =
      "rados -p $P rm rbd_header.$(id csi-vol-%s-temp)\n".formatted(S);
  private static final String WRITTEN =
      "rbd bench --io-type write --io-size 4096 --io-total 4096 $P/csi-vol-%s\n".formatted(U);
  private static final String COPY_CUT_REMOVED =
      "rbd snap rm --no-progress $P/csi-vol-%2$s@csi-vol-%1$s-temp\n".formatted(S, U);
  private static final String INTERMEDIATE_CUT =
      "rbd snap create --no-progress $P/csi-vol-%1$s-temp@csi-vol-%1$s\n".formatted(S);
  private static final String COPY_CLONED =
      "rbd clone --rbd-default-clone-format 2 --image-feature layering $P/csi-vol-%1$s-temp@csi-vol-%1$s $P/csi-vol-%1$s\n"
          .formatted(S);

  private static final String SNAPSHOT =
      SNAPSHOT_RESERVED + SNAPSHOT_CUT + SNAPSHOT_CLONED + CUT_REMOVED + OWN_SNAPSHOT + SNAPSHOT_ID;

  /**
   * Each test's own in place of the two above: a UUID never comes twice, and purges count on it.
   */
  private final String u = UUID.randomUUID().toString();

  private final String s = UUID.randomUUID().toString();

  private static ThrowawayCeph ceph;
  private static DriverProcess driver;
  private static CephShell shell;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed behind all tests
  static void start() throws Exception {
    ceph = ThrowawayCeph.start("--no-cephfs");
    driver = DriverProcess.start(ceph, "--controllerserver", "--keyring=" + ceph.entry("keyring"));
    shell = new CephShell(ceph);
  }

  @AfterAll
  static void stop() {
    driver.close();
    ceph.close();
  }

  /** What a failed test left is taken away, so that the next one fails only by its own faults. */
  @BeforeEach
  void clear() throws Exception {
    if (shell.stuck()) {
      stop();
      start();
    } else if (!everything().isEmpty()) {
      shell.run(
          """
          ceph osd pool rm $P $P --yes-i-really-really-mean-it
          ceph osd pool create $P 8 8
          rbd pool init $P
          """);
      driver.restart();
    }
  }

  private static Map<String, String> secrets() {
    try {
      return Map.of("userID", ceph.credentials().user(), "userKey", ceph.credentials().key());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void lay(String script) throws IOException, InterruptedException {
    shell.run(script.replace(U, u).replace(S, s));
  }

  private static CreateVolumeRequest.Builder request(String name) {
    return CreateVolumeRequest.newBuilder()
        .setName(name)
        .addVolumeCapabilities(
            VolumeCapability.newBuilder()
                .setBlock(BlockVolume.getDefaultInstance())
                .setAccessMode(AccessMode.newBuilder().setMode(AccessMode.Mode.SINGLE_NODE_WRITER)))
        .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(GIB))
        .putParameters("clusterID", DriverProcess.CLUSTER_ID)
        .putParameters("pool", ceph.pool())
        .putParameters("imageFeatures", "layering")
        .putParameters("csi.storage.k8s.io/pvc/namespace", "team-a")
        .putAllSecrets(secrets());
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

  private static String volumeId(String uuid) throws IOException, InterruptedException {
    long pool =
        Long.parseLong(
            shell.run("ceph osd pool stats $P | head -1 | sed 's/.* id \\([0-9]*\\).*/\\1/'"));
    return "0001-%04x-%s-%016x-%s"
        .formatted(DriverProcess.CLUSTER_ID.length(), DriverProcess.CLUSTER_ID, pool, uuid);
  }

  /** Images, trash, journal objects and names: all that a volume or snapshot is. */
  private static List<String> everything() throws IOException, InterruptedException {
    return shell.lines(
        """
        rbd ls $P
        rbd trash ls --all $P
        rados -p $P ls | grep -E '^csi[.](volume|snap)[.]' || true
        for d in csi.volumes.default csi.snaps.default; do
          rados -p $P listomapkeys $d 2> /dev/null || true
        done
        """);
  }

  private static void awaitNothing() throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    List<String> left = everything();
    while (!left.isEmpty() && System.nanoTime() < end) {
      Thread.sleep(200);
      left = everything();
    }
    assertThat(left).isEmpty();
  }

  static Stream<Arguments> volumes() {
    return Stream.of(
        Arguments.of("whole", VOLUME, true),
        Arguments.of("stopped behind the name: it leads to an empty object", OBJECT + NAME, false),
        Arguments.of("stopped behind the reservation", OBJECT + NAME + ATTRIBUTES, true),
        Arguments.of("stopped behind the image", OBJECT + NAME + ATTRIBUTES + IMAGE, true),
        Arguments.of(
            "deletion stopped behind the trash", VOLUME + "rbd trash mv $P/csi-vol-" + U, false),
        Arguments.of("deletion stopped behind the object: the name leads to nothing", NAME, false));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("volumes")
  void volume_ofCephCsi_isServedAndDeleted(String state, String script, boolean same)
      throws Exception {
    lay(script);

    String id = create(request("pvc-1")).getVolumeId();

    assertThat(id.equals(volumeId(u))).isEqualTo(same);
    assertThat(create(request("pvc-1")).getVolumeId()).isEqualTo(id);
    String uuid = id.substring(id.length() - U.length());
    assertThat(
            shell.run(
                "rados -p $P getomapval csi.volume.%s csi.imageid /dev/stdout".formatted(uuid)))
        .contains(shell.run("id csi-vol-" + uuid));
    expand(id);
    delete(id);
    delete(id);
    awaitNothing();
  }

  /** To two GiB, which the image has then. */
  private static void expand(String id) {
    var expanded =
        driver
            .client()
            .controller()
            .controllerExpandVolume(
                ControllerExpandVolumeRequest.newBuilder()
                    .setVolumeId(id)
                    .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(2 * GIB))
                    .putAllSecrets(secrets())
                    .build());
    assertThat(expanded.getCapacityBytes()).isEqualTo(2 * GIB);
  }

  private static String size(String image) throws IOException, InterruptedException {
    return shell.run("rbd info $P/%s | grep size".formatted(image));
  }

  @Test
  void deletion_ofCephCsiStoppedBehindTheTrash_isFinished() throws Exception {
    lay(VOLUME + "rbd trash mv $P/csi-vol-" + U);

    delete(volumeId(u));

    awaitNothing();
  }

  /** As after a migration, or by hand: the name is the same, the image and its id are new. */
  private static String replaced(String image) {
    return """
    rbd deep cp --no-progress --flatten $P/%1$s $P/new
    rbd snap purge --no-progress $P/%1$s
    rbd rm --no-progress $P/%1$s
    rbd rename $P/new $P/%1$s
    """
        .formatted(image);
  }

  @Test
  void replacedImage_isNotDeletedInUseAndThenWithoutATrace() throws Exception {
    lay(VOLUME + replaced("csi-vol-" + U));
    lay(
        """
        (sleep 15 | rbd watch $P/csi-vol-%1$s) > /dev/null 2>&1 &
        until rbd status $P/csi-vol-%1$s | grep -q watcher=; do sleep 0.1; done
        """
            .formatted(U));

    assertThatThrownBy(() -> delete(volumeId(u)))
        .hasMessageContaining("FAILED_PRECONDITION")
        .hasMessageContaining("is in use by");
    assertThat(shell.lines("rbd ls $P")).containsExactly("csi-vol-" + u);

    lay("while rbd status $P/csi-vol-%s | grep -q watcher=; do sleep 0.2; done".formatted(U));
    delete(volumeId(u));
    awaitNothing();
  }

  @Test
  void replacedImageOfASnapshot_isFoundAndDeletedWithoutATrace() throws Exception {
    lay(VOLUME + SNAPSHOT + replaced("csi-snap-" + S));

    assertThat(snapshot(volumeId(u)).getSnapshotId()).isEqualTo(volumeId(s));

    deleteSnapshot(volumeId(s));
    delete(volumeId(u));
    awaitNothing();
  }

  static Stream<Arguments> snapshotDeletions() {
    return Stream.of(
        Arguments.of("behind the trash", SNAPSHOT + "rbd trash mv $P/csi-snap-" + S),
        Arguments.of(
            "behind the object: the name leads to nothing",
            "omap csi.snaps.default csi.snap.snapshot-1 " + S));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("snapshotDeletions")
  void deletionOfASnapshot_ofCephCsiStopped_isFinished(String state, String script)
      throws Exception {
    lay(VOLUME + script);

    deleteSnapshot(volumeId(s));

    String again = snapshot(volumeId(u)).getSnapshotId();
    assertThat(again).isNotEqualTo(volumeId(s));
    deleteSnapshot(again);
    delete(volumeId(u));
    awaitNothing();
  }

  static Stream<Arguments> snapshots() {
    String cut = VOLUME + SNAPSHOT_RESERVED + SNAPSHOT_CUT;
    String cloned = cut + SNAPSHOT_CLONED;
    String own = cloned + CUT_REMOVED + OWN_SNAPSHOT;
    return Stream.of(
        Arguments.of("whole", own + SNAPSHOT_ID),
        Arguments.of("stopped behind the reservation", VOLUME + SNAPSHOT_RESERVED),
        Arguments.of("stopped behind the cut", cut),
        Arguments.of("stopped behind the clone", cloned),
        Arguments.of("stopped before its own snapshot", cloned + CUT_REMOVED),
        Arguments.of("stopped before the id", own));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("snapshots")
  void snapshot_ofCephCsi_isServedRestoredAndDeleted(String state, String script) throws Exception {
    lay(script);

    Snapshot snapshot = snapshot(volumeId(u));

    assertThat(snapshot.getSnapshotId()).isEqualTo(volumeId(s));
    assertThat(snapshot.getSourceVolumeId()).isEqualTo(volumeId(u));
    assertThat(snapshot.getReadyToUse()).isTrue();
    delete(volumeId(u));
    String restored =
        create(
                request("pvc-2")
                    .setVolumeContentSource(
                        VolumeContentSource.newBuilder()
                            .setSnapshot(
                                SnapshotSource.newBuilder()
                                    .setSnapshotId(snapshot.getSnapshotId()))))
            .getVolumeId();
    deleteSnapshot(snapshot.getSnapshotId());
    deleteSnapshot(snapshot.getSnapshotId());
    delete(restored);
    awaitNothing();
  }

  static Stream<Arguments> copies() {
    String reserved = VOLUME + WRITTEN + COPY_RESERVED;
    String cut = reserved + COPY_CUT;
    String intermediate = cut + INTERMEDIATE;
    String second = intermediate + COPY_CUT_REMOVED + INTERMEDIATE_CUT;
    return Stream.of(
        Arguments.of("stopped behind the reservation", reserved),
        Arguments.of("stopped behind the cut of the source", cut),
        Arguments.of("stopped inside the intermediate image", cut + HALF_INTERMEDIATE),
        Arguments.of(
            "stopped inside the intermediate image, before its header",
            cut + HALF_INTERMEDIATE + HEADER_MISSING),
        Arguments.of("stopped behind the intermediate image", intermediate),
        Arguments.of(
            "stopped before the intermediate image's cut", intermediate + COPY_CUT_REMOVED),
        Arguments.of("stopped behind the intermediate image's cut", second),
        Arguments.of("stopped behind the copy", second + COPY_CLONED));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("copies")
  void copy_ofCephCsi_isFinishedAndDeleted(String state, String script) throws Exception {
    lay(script);

    Volume copy =
        create(
            request("pvc-2")
                .setVolumeContentSource(
                    VolumeContentSource.newBuilder()
                        .setVolume(VolumeSource.newBuilder().setVolumeId(volumeId(u)))));

    assertThat(copy.getVolumeId()).isEqualTo(volumeId(s));
    assertThat(copy.getCapacityBytes()).isEqualTo(GIB);
    assertThat(beginning("csi-vol-" + s))
        .isEqualTo(beginning("csi-vol-" + u))
        .isNotEqualTo(shell.run("head -c 4096 /dev/zero | sha256sum"));
    assertThat(shell.run("rbd snap ls $P/csi-vol-" + u)).isEmpty();
    delete(copy.getVolumeId());
    delete(volumeId(u));
    awaitNothing();
  }

  /** The hash of an image's first block. */
  private static String beginning(String image) throws IOException, InterruptedException {
    return shell.run(
        """
        rbd info $P/%1$s > /dev/null
        (rbd export --no-progress $P/%1$s - 2> /dev/null || true) | head -c 4096 | sha256sum
        """
            .formatted(image));
  }

  @Test
  void inTreeVolume_isExpandedSnapshottedAndDeleted() throws Exception {
    shell.run("rbd create $P/kubernetes-dynamic-pvc-7 --size 1G --image-feature layering");
    String id =
        "mig_mons-%s_image-7_%s"
            .formatted(
                DriverProcess.CLUSTER_ID, shell.run("printf %s $P | od -An -tx1 | tr -d ' \\n'"));

    expand(id);
    assertThat(size("kubernetes-dynamic-pvc-7")).contains("size 2 GiB");
    Snapshot snapshot = snapshot(id);
    assertThat(snapshot.getSourceVolumeId()).isEqualTo(id);
    assertThat(snapshot.getSizeBytes()).isEqualTo(2 * GIB);
    deleteSnapshot(snapshot.getSnapshotId());
    delete(id);

    awaitNothing();
  }

  @Test
  void staticVolume_isCopiedExpandedSnapshottedAndNeverDeleted() throws Exception {
    shell.run("rbd create $P/by-hand --size 1G --image-feature layering");
    String id = DriverProcess.CLUSTER_ID + "/" + ceph.pool() + "/by-hand";

    Volume copy =
        create(
            request("pvc-2")
                .setVolumeContentSource(
                    VolumeContentSource.newBuilder()
                        .setVolume(VolumeSource.newBuilder().setVolumeId(id))));

    delete(copy.getVolumeId());
    expand(id);
    assertThat(size("by-hand")).contains("size 2 GiB");
    Snapshot snapshot = snapshot(id);
    assertThat(snapshot.getSourceVolumeId()).isEqualTo(id);
    deleteSnapshot(snapshot.getSnapshotId());
    assertThatThrownBy(() -> delete(id)).hasMessageContaining("was not made by a CSI driver");
    assertThat(shell.lines("rbd ls $P")).containsExactly("by-hand");
    assertThat(shell.lines("rbd snap ls $P/by-hand")).isEmpty();
    awaitOnly("by-hand");
    shell.run("rbd rm --no-progress $P/by-hand");
    awaitNothing();
  }

  private static void awaitOnly(String image) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!everything().equals(List.of(image)) && System.nanoTime() < end) {
      Thread.sleep(200);
    }
    assertThat(everything()).containsExactly(image);
  }

  @Test
  void ours_isStoredAsCephCsiReadsIt() throws Exception {
    String id = create(request("pvc-1")).getVolumeId();
    String uuid = id.substring(id.length() - U.length());

    assertThat(keys("csi.volumes.default")).containsExactly("csi.volume.pvc-1=" + uuid);
    assertThat(keys("csi.volume." + uuid))
        .contains(
            "csi.volname=pvc-1",
            "csi.imagename=csi-vol-" + uuid,
            "csi.imageid=" + shell.run("id csi-vol-" + uuid),
            "csi.volume.owner=team-a")
        .filteredOn(key -> key.startsWith("csi."))
        .hasSize(4);

    Snapshot snapshot = snapshot(id);
    String cut = snapshot.getSnapshotId().substring(snapshot.getSnapshotId().length() - U.length());
    String image = "csi-snap-" + cut;
    assertThat(keys("csi.snaps.default")).containsExactly("csi.snap.snapshot-1=" + cut);
    assertThat(keys("csi.snap." + cut))
        .contains(
            "csi.snapname=snapshot-1",
            "csi.imagename=" + image,
            "csi.imageid=" + shell.run("id " + image),
            "csi.source=csi-vol-" + uuid,
            "csi.volume.owner=team-a")
        .filteredOn(key -> key.startsWith("csi."))
        .hasSize(5);
    awaitOwnSnapshot(image);
    assertThat(shell.run("rbd info $P/%s | grep -E 'features|parent'".formatted(image)))
        .contains("layering, deep-flatten")
        .contains("csi-vol-" + uuid);
    assertThat(shell.lines("rbd snap ls $P/csi-vol-" + uuid)).isEmpty();

    deleteSnapshot(snapshot.getSnapshotId());
    delete(id);
    awaitNothing();
  }

  @Test
  void metadata_isByCephCsisKeys() throws Exception {
    try (DriverProcess labelling =
        DriverProcess.start(
            ceph, "--controllerserver", "--setmetadata=true", "--clustername=cluster-1")) {
      var controller = labelling.client().controller();
      String volume =
          controller
              .createVolume(
                  request("pvc-1")
                      .putParameters("csi.storage.k8s.io/pvc/name", "claim-1")
                      .putParameters("csi.storage.k8s.io/pv/name", "pv-1")
                      .build())
              .getVolume()
              .getVolumeId();
      String snapshot =
          controller
              .createSnapshot(
                  CreateSnapshotRequest.newBuilder()
                      .setName("snapshot-1")
                      .setSourceVolumeId(volume)
                      .putParameters("clusterID", DriverProcess.CLUSTER_ID)
                      .putParameters("csi.storage.k8s.io/volumesnapshot/name", "cut-1")
                      .putParameters("csi.storage.k8s.io/volumesnapshot/namespace", "team-a")
                      .putParameters("csi.storage.k8s.io/volumesnapshotcontent/name", "content-1")
                      .putAllSecrets(secrets())
                      .build())
              .getSnapshot()
              .getSnapshotId();

      assertThat(metadata("csi-vol-" + uuid(volume)))
          .containsExactly(
              "csi.ceph.com/cluster/name=cluster-1",
              "csi.storage.k8s.io/pv/name=pv-1",
              "csi.storage.k8s.io/pvc/name=claim-1",
              "csi.storage.k8s.io/pvc/namespace=team-a");
      assertThat(metadata("csi-snap-" + uuid(snapshot)))
          .containsExactly(
              "csi.ceph.com/cluster/name=cluster-1",
              "csi.storage.k8s.io/volumesnapshot/name=cut-1",
              "csi.storage.k8s.io/volumesnapshot/namespace=team-a",
              "csi.storage.k8s.io/volumesnapshotcontent/name=content-1");
      deleteSnapshot(snapshot);
      delete(volume);
    }
    awaitNothing();
  }

  private static List<String> metadata(String image) throws IOException, InterruptedException {
    return shell.lines(
        """
        rbd image-meta list $P/%s --format json | tr -d '{}"' | tr , '\n' | sed 's/:/=/'
        """
            .formatted(image));
  }

  private static String uuid(String id) {
    return id.substring(id.length() - U.length());
  }

  /** Made when the caller has its answer. */
  private static void awaitOwnSnapshot(String image) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    String list = "rbd snap ls $P/" + image;
    while (!shell.run(list).contains(image) && System.nanoTime() < end) {
      Thread.sleep(100);
    }
    assertThat(shell.run(list)).contains(image);
  }

  private static List<String> keys(String object) throws IOException, InterruptedException {
    return shell.lines(
        """
        value=$(mktemp)
        for k in $(rados -p $P listomapkeys %1$s); do
          rados -p $P getomapval %1$s $k $value > /dev/null 2>&1
          echo "$k=$(cat $value)"
        done
        rm -f $value
        """
            .formatted(object));
  }
}
