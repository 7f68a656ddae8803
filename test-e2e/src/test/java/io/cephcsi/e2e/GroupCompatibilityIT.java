package io.cephcsi.e2e;

import static io.cephcsi.e2e.LaidDown.GIB;
import static io.cephcsi.e2e.LaidDown.uuid;
import static org.assertj.core.api.Assertions.assertThat;

import csi.v1.Snapshot;
import csi.v1.VolumeGroupSnapshot;
import java.util.List;
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
 * Groups of snapshots and the metadata of images, both ways: what ceph-csi leaves is served,
 * repaired and deleted, and what this driver stores has ceph-csi's keys.
 */
@Tag("compatibility")
final class GroupCompatibilityIT {
  /** In scripts: the UUIDs of two volumes, of their snapshots, and of the group. */
  private static final List<String> MARKS = List.of("@V1", "@V2", "@S1", "@S2", "@G");

  private static final String NAME = "omap csi.groups.default csi.volume.group.group-1 @G\n";
  private static final String RESERVED =
      """
      rados -p $P create csi.volume.group.@G
      omap csi.groups.default csi.volume.group.group-1 @G
      omap csi.volume.group.@G csi.volname group-1
      omap csi.volume.group.@G csi.groupname csi-vol-group-@G
      """;
  private static final String CUT =
      """
      rbd group create $P/group-1-vg
      rbd group image add $P/group-1-vg $P/csi-vol-@V1
      rbd group image add $P/group-1-vg $P/csi-vol-@V2
      rbd group snap create $P/group-1-vg@group-1-vg
      """;
  private static final String CUT_REMOVED =
      """
      rbd group snap rm $P/group-1-vg@group-1-vg
      rbd group rm $P/group-1-vg
      """;
  private static final String TIME =
      "omap csi.volume.group.@G csi.creationtime 2024-10-22T17:10:57.123456789Z\n";

  private static LaidDown laid;
  private final List<String> uuids = MARKS.stream().map(_ -> UUID.randomUUID().toString()).toList();

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed behind all tests
  static void start() throws Exception {
    laid = LaidDown.start("--setmetadata=true", "--clustername=c1");
  }

  @AfterAll
  static void stop() {
    laid.close();
  }

  @BeforeEach
  void clear() throws Exception {
    laid.clear();
  }

  private String marked(String script) throws Exception {
    String told = script.replace("@POOL", "%016x".formatted(laid.poolId(laid.pool())));
    for (int i = 0; i < MARKS.size(); i++) {
      told = told.replace(MARKS.get(i), uuids.get(i));
    }
    return told;
  }

  private void lay(String script) throws Exception {
    laid.shell().run(marked(script));
  }

  private static String volume(String uuid, String name) {
    return """
    rados -p $P create csi.volume.%1$s
    omap csi.volumes.default csi.volume.%2$s %1$s
    omap csi.volume.%1$s csi.volname %2$s
    omap csi.volume.%1$s csi.imagename csi-vol-%1$s
    rbd create $P/csi-vol-%1$s --size 1G --image-feature layering,exclusive-lock
    omap csi.volume.%1$s csi.imageid $(id csi-vol-%1$s)
    """
        .formatted(uuid, name);
  }

  private static String member(String uuid, String source, String name) {
    return """
    rados -p $P create csi.snap.%1$s
    omap csi.snaps.default csi.snap.%3$s %1$s
    omap csi.snap.%1$s csi.snapname %3$s
    omap csi.snap.%1$s csi.imagename csi-snap-%1$s
    omap csi.snap.%1$s csi.source csi-vol-%2$s
    omap csi.snap.%1$s csi.groupid 0001-0004-demo-@POOL-@G
    omap csi.volume.group.@G 0001-0004-demo-@POOL-%1$s csi-snap-%1$s
    """
        .formatted(uuid, source, name);
  }

  private static String memberImage(String uuid, String source) {
    return """
    rbd snap create --no-progress $P/csi-vol-%2$s@csi-snap-%1$s
    rbd clone --rbd-default-clone-format 2 --image-feature layering,deep-flatten $P/csi-vol-%2$s@csi-snap-%1$s $P/csi-snap-%1$s
    rbd snap rm --no-progress $P/csi-vol-%2$s@csi-snap-%1$s
    rbd snap create --no-progress $P/csi-snap-%1$s@csi-snap-%1$s
    omap csi.snap.%1$s csi.imageid $(id csi-snap-%1$s)
    """
        .formatted(uuid, source);
  }

  static Stream<Arguments> groups() {
    String volumes = volume("@V1", "pvc-1") + volume("@V2", "pvc-2");
    String first = member("@S1", "@V1", "group-1-0") + memberImage("@S1", "@V1");
    String second = member("@S2", "@V2", "group-1-1");
    String secondImage = memberImage("@S2", "@V2");
    String cut = volumes + RESERVED + CUT;
    String whole = volumes + RESERVED + TIME + first + second + secondImage;
    return Stream.of(
        Arguments.of("whole", whole, true),
        Arguments.of("whole, and stopped before its RBD group went", whole + CUT, true),
        Arguments.of("stopped behind the name: it leads to nothing", volumes + NAME, false),
        Arguments.of("stopped behind the reservation", volumes + RESERVED, true),
        Arguments.of("stopped behind the cut", cut, true),
        Arguments.of("stopped behind the first snapshot", cut + first + second, false),
        Arguments.of(
            "stopped behind the first snapshot, its RBD group gone",
            cut + first + second + CUT_REMOVED,
            false));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("groups")
  void group_ofCephCsi_isServedRestoredAndDeleted(String state, String script, boolean same)
      throws Exception {
    lay(script);
    List<String> volumes = List.of(laid.id(uuids.get(0)), laid.id(uuids.get(1)));

    VolumeGroupSnapshot group = laid.group("group-1", volumes);

    assertThat(group.getGroupSnapshotId().equals(laid.id(uuids.get(4)))).isEqualTo(same);
    assertThat(group.getReadyToUse()).isTrue();
    assertThat(group.getSnapshotsList())
        .extracting(Snapshot::getSourceVolumeId)
        .containsExactlyInAnyOrderElementsOf(volumes);
    assertThat(laid.group("group-1", volumes)).isEqualTo(group);
    assertThat(laid.getGroup(group.getGroupSnapshotId()).getSnapshotsList())
        .containsExactlyInAnyOrderElementsOf(group.getSnapshotsList());
    if (state.equals("whole")) {
      assertThat(group.getSnapshotsList())
          .extracting(Snapshot::getSnapshotId)
          .containsExactly(laid.id(uuids.get(2)), laid.id(uuids.get(3)));
      assertThat(group.getCreationTime().getSeconds()).isEqualTo(1729617057);
    }
    assertThat(laid.shell().run("rbd group ls $P")).isEmpty();
    String restored = laid.create(laid.restoring("pvc-3", group.getSnapshots(1).getSnapshotId()));
    laid.deleteGroup(group.getGroupSnapshotId());
    laid.deleteGroup(group.getGroupSnapshotId());
    laid.delete(restored);
    volumes.forEach(laid::delete);
    laid.awaitNothing(laid.pool(), "");
  }

  @Test
  void group_ofCephCsi_isDeletedByItsIdAlone() throws Exception {
    lay(
        volume("@V1", "pvc-1")
            + volume("@V2", "pvc-2")
            + RESERVED
            + CUT
            + member("@S1", "@V1", "group-1-0")
            + memberImage("@S1", "@V1")
            + member("@S2", "@V2", "group-1-1"));

    laid.deleteGroup(laid.id(uuids.get(4)));

    laid.delete(laid.id(uuids.get(0)));
    laid.delete(laid.id(uuids.get(1)));
    laid.awaitNothing(laid.pool(), "");
  }

  @Test
  void ours_isStoredAsCephCsiReadsIt() throws Exception {
    String first = laid.create(laid.request("pvc-1"));
    String second = laid.create(laid.request("pvc-2"));

    VolumeGroupSnapshot group = laid.group("group-1", List.of(first, second));

    String uuid = uuid(group.getGroupSnapshotId());
    assertThat(keys("csi.groups.default")).containsExactly("csi.volume.group.group-1=" + uuid);
    assertThat(keys("csi.volume.group." + uuid))
        .contains("csi.volname=group-1", "csi.groupname=csi-vol-group-" + uuid)
        .contains(member(group.getSnapshots(0)), member(group.getSnapshots(1)))
        .anyMatch(key ->
            key.matches(
                "csi\\.creationtime=\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?Z"))
        .hasSize(5);
    for (Snapshot member : group.getSnapshotsList()) {
      String snapshot = uuid(member.getSnapshotId());
      assertThat(keys("csi.snap." + snapshot))
          .contains(
              "csi.imagename=csi-snap-" + snapshot,
              "csi.imageid=" + laid.shell().run("id csi-snap-" + snapshot),
              "csi.source=csi-vol-" + uuid(member.getSourceVolumeId()),
              "csi.groupid=" + group.getGroupSnapshotId())
          .filteredOn(key -> key.startsWith("csi."))
          .hasSize(5);
      assertThat(keys("csi.snaps.default"))
          .contains("csi.snap." + name(keys("csi.snap." + snapshot)) + "=" + snapshot);
    }
    assertThat(laid.shell().run("rbd group ls $P")).isEmpty();
    laid.deleteGroup(group.getGroupSnapshotId());
    laid.delete(first);
    laid.delete(second);
    laid.awaitNothing(laid.pool(), "");
  }

  private static List<String> keys(String object) throws Exception {
    return laid.keys(laid.pool(), "", object);
  }

  private static String member(Snapshot snapshot) {
    return snapshot.getSnapshotId() + "=csi-snap-" + uuid(snapshot.getSnapshotId());
  }

  private static String name(List<String> keys) {
    return keys.stream()
        .filter(key -> key.startsWith("csi.snapname="))
        .map(key -> key.substring("csi.snapname=".length()))
        .findFirst()
        .orElseThrow();
  }

  /** Of volume, snapshot, and what is made of these; librbd hands metadata on to clones. */
  @Test
  void ours_imagesHaveTheirOwnMetadataAlone() throws Exception {
    String k = "csi.storage.k8s.io/";
    String source =
        laid.create(
            laid.request("pvc-1")
                .putParameters(k + "pvc/name", "claim")
                .putParameters(k + "pvc/namespace", "team-a")
                .putParameters(k + "pv/name", "pvc-1"));
    String clusterName = "csi.ceph.com/cluster/name=c1";
    String ofSource = k + "pvc/name=claim," + k + "pvc/namespace=team-a," + k + "pv/name=pvc-1";
    assertMetadata("csi-vol-" + uuid(source), clusterName, ofSource.split(",", -1));
    laid.shell().run("rbd image-meta set $P/csi-vol-%s of.somebody kept".formatted(uuid(source)));

    String snapshot =
        laid.snapshot(
                laid.snapshotOf("snapshot-1", source)
                    .putParameters(k + "volumesnapshot/name", "s")
                    .putParameters(k + "volumesnapshot/namespace", "team-a")
                    .putParameters(k + "volumesnapshotcontent/name", "content"))
            .getSnapshotId();
    assertMetadata(
        "csi-snap-" + uuid(snapshot),
        clusterName,
        "of.somebody=kept",
        k + "volumesnapshot/name=s",
        k + "volumesnapshot/namespace=team-a",
        k + "volumesnapshotcontent/name=content");

    String restored =
        laid.create(laid.restoring("pvc-2", snapshot).putParameters(k + "pvc/name", "other"));
    assertMetadata(
        "csi-vol-" + uuid(restored), clusterName, "of.somebody=kept", k + "pvc/name=other");
    String copy = laid.create(laid.copying("pvc-3", source).putParameters(k + "pv/name", "pvc-3"));
    assertMetadata("csi-vol-" + uuid(copy), clusterName, "of.somebody=kept", k + "pv/name=pvc-3");
    assertThat(laid.expand(source, 2 * GIB)).isEqualTo(2 * GIB);
    assertThat(metadata("csi-vol-" + uuid(source))).contains("of.somebody=kept");

    laid.deleteSnapshot(snapshot);
    List.of(copy, restored, source).forEach(laid::delete);
    laid.awaitNothing(laid.pool(), "");
  }

  private static void assertMetadata(String image, String first, String... others)
      throws Exception {
    assertThat(metadata(image))
        .contains(first)
        .filteredOn(key -> !key.equals(first))
        .containsExactlyInAnyOrder(others);
  }

  private static List<String> metadata(String image) throws Exception {
    return laid.shell()
        .lines(
            """
            rbd image-meta list $P/%s --format json |
              python3 -c 'import json,sys; [print(k + "=" + v) for k, v in json.load(sys.stdin).items()]'
            """
                .formatted(image));
  }
}
