package io.cephcsi.rbd.controller;

import static io.cephcsi.rbd.controller.Controller.GIB;
import static io.cephcsi.rbd.controller.Controller.SECRETS;
import static io.cephcsi.rbd.controller.Controller.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.DeleteVolumeGroupSnapshotRequest;
import csi.v1.GetSnapshotRequest;
import csi.v1.GetVolumeGroupSnapshotRequest;
import csi.v1.ListSnapshotsRequest;
import csi.v1.Snapshot;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import csi.v1.VolumeGroupSnapshot;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryOperations;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots of several volumes at one moment, on a cluster in memory. */
class GroupSnapshotTest {
  private static final String STRANGER = "b0285c97-a0ce-11eb-8c66-0242ac110002";

  @TempDir Path directory;
  private Controller controller;
  private List<String> volumes;

  @BeforeEach
  void start() throws Exception {
    controller = new Controller(directory);
    controller.cluster.onMonitorCommand(
        _ -> "[{\"pool_id\":1,\"application_metadata\":{\"rbd\":{}}}]");
    volumes = makeVolumes(3);
  }

  private List<String> makeVolumes(int count) {
    List<String> made = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      made.add(volume(request("pvc-" + n)));
    }
    return made;
  }

  @AfterEach
  void stop() {
    controller.close();
    controller.clusters.checkNothingOpen();
  }

  @Test
  void create_newName_isAnOrdinarySnapshotOfEachVolume() {
    VolumeGroupSnapshot group = create("group-1");

    assertThat(group.getReadyToUse()).isTrue();
    assertThat(group.getCreationTime().getSeconds()).isPositive();
    assertThat(group.getSnapshotsList())
        .extracting(Snapshot::getSourceVolumeId)
        .containsExactlyElementsOf(volumes);
    String groupUuid = uuid(group.getGroupSnapshotId());
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.groups()).isEmpty();
      assertThat(pool.list("csi.groups.default", "", 10))
          .isEqualTo(Map.of("csi.volume.group.group-1", groupUuid));
      for (Snapshot member : group.getSnapshotsList()) {
        assertThat(member.getReadyToUse()).isTrue();
        assertThat(member.getSizeBytes()).isEqualTo(GIB);
        assertThat(member.getGroupSnapshotId()).isEqualTo(group.getGroupSnapshotId());
        String image = "csi-snap-" + uuid(member.getSnapshotId());
        String volume = "csi-vol-" + uuid(member.getSourceVolumeId());
        assertThat(pool.list("csi.volume.group." + groupUuid, "", 10))
            .containsEntry(member.getSnapshotId(), image)
            .containsEntry("csi.volname", "group-1");
        assertThat(pool.list("csi.snap." + uuid(member.getSnapshotId()), "", 10))
            .containsEntry("csi.groupid", group.getGroupSnapshotId())
            .containsEntry("csi.source", volume);
        assertThat(names(pool, image)).containsExactly("USER " + image);
        assertThat(names(pool, volume)).containsExactly("TRASH " + image);
      }
    }
  }

  /** Who restores a member, or reads it, needs it until that is done. */
  @Test
  void delete_memberIsJustRestored_isAborted() {
    VolumeGroupSnapshot group = create("group-1");
    String member = group.getSnapshots(0).getSnapshotId();
    List<Throwable> met = new ArrayList<>();
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("clone ") && met.isEmpty()) {
            met.add(catchThrowable(() -> deleteGroup(group)));
          }
        });

    String restored = controller.create(Controller.restoring("pvc-r", member)).getVolumeId();

    assertThat(met).first().isInstanceOf(CsiException.Aborted.class);
    controller.cluster.operations().before(_ -> {});
    controller.delete(restored);
    deleteGroup(group);
  }

  @Test
  void create_again_isTheSameGroup() {
    VolumeGroupSnapshot first = create("group-1");

    assertThat(create("group-1")).isEqualTo(first);
    var reversed = groupRequest("group-1").clearSourceVolumeIds();
    reversed.addAllSourceVolumeIds(volumes.reversed());
    assertThat(create(reversed).getSnapshotsList())
        .containsExactlyInAnyOrderElementsOf(first.getSnapshotsList());
  }

  /** The caller has its snapshots already. */
  @Test
  void create_againThatFails_keepsTheGroup() {
    VolumeGroupSnapshot first = create("group-1");

    for (int n = 1; n <= 40; n++) {
      int failing = n;
      var count = new AtomicInteger();
      controller
          .cluster
          .operations()
          .before(operation -> {
            if (count.incrementAndGet() == failing) {
              throw new CephException(Errno.EIO, operation);
            }
          });
      try {
        create("group-1");
      } catch (RuntimeException e) {
        // what it is does not matter here
      }
    }
    controller.cluster.operations().before(_ -> {});

    assertThat(create("group-1")).isEqualTo(first);
  }

  @Test
  void create_sameNameOtherVolumes_isAlreadyExists() {
    create("group-1");

    var fewer = groupRequest("group-1").clearSourceVolumeIds().addSourceVolumeIds(volumes.get(0));
    assertThatThrownBy(() -> create(fewer))
        .isInstanceOf(CsiException.AlreadyExists.class)
        .hasMessageContaining("group-1");
    var more = groupRequest("group-1").addSourceVolumeIds(volume(request("pvc-other")));
    assertThatThrownBy(() -> create(more)).isInstanceOf(CsiException.AlreadyExists.class);
    assertThat(create("group-1").getSnapshotsCount()).isEqualTo(3);
  }

  @Test
  void create_wrongRequest_isRefused() {
    assertInvalid(groupRequest(""), "name is missing");
    assertInvalid(groupRequest("g").clearSourceVolumeIds(), "source_volume_ids");
    assertInvalid(groupRequest("g").addSourceVolumeIds(""), "source_volume_ids");
    assertInvalid(groupRequest("g").clearParameters(), "clusterID");
    assertInvalid(groupRequest("g").putParameters("pool", ""), "pool");
    assertInvalid(groupRequest("g").putParameters("pool", "nowhere"), "nowhere");
    assertInvalid(groupRequest("g").putParameters("volumeGroupNamePrefix", "a/b"), "a/b");
    assertInvalid(groupRequest("g").clearSecrets(), "secrets");
  }

  private void assertInvalid(CreateVolumeGroupSnapshotRequest.Builder request, String word) {
    assertThatThrownBy(() -> create(request))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining(word);
  }

  @Test
  void create_missingVolume_isNotFoundAndLeavesNothing() throws Exception {
    String gone = volumes.getFirst().replace(uuid(volumes.getFirst()), STRANGER);
    for (String missing : new String[] {"nonsense", gone}) {
      assertThatThrownBy(() -> create(groupRequest("g").addSourceVolumeIds(missing)))
          .isInstanceOf(CsiException.NotFound.class)
          .hasMessageContaining(missing);
    }
    try (MemoryPool pool = controller.pool()) {
      pool.removeImage("csi-vol-" + uuid(volumes.get(1)));
    }
    assertThatThrownBy(() -> create("g"))
        .isInstanceOf(CsiException.NotFound.class)
        .hasMessageContaining(volumes.get(1));
    deleteVolumesAndAwaitNothing();
  }

  @Test
  void create_volumesOfTwoClusters_isInvalidAndLeavesNothing() throws Exception {
    controller.clusters.add(
        "mon2", new MemoryCluster("6f3a4b52-0000-4000-8000-000000000002", List.of("rbd")));
    Files.writeString(
        controller.config,
        "[{\"clusterID\":\"one\",\"monitors\":[\"mon\"]},{\"clusterID\":\"two\",\"monitors\":[\"mon2\"]}]");
    String other = volume(request("pvc-other").putParameters("clusterID", "two"));

    assertInvalid(groupRequest("g").addSourceVolumeIds(other), other);

    deleteVolumesAndAwaitNothing();
  }

  @Test
  void create_volumeInAnotherRbdGroup_isRefusedAndLeavesNothing() throws Exception {
    try (MemoryPool pool = controller.pool()) {
      pool.createGroup("somebody's");
      pool.addToGroup("somebody's", pool, "csi-vol-" + uuid(volumes.get(2)));
    }

    assertThatThrownBy(() -> create("g"))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining(volumes.get(2))
        .hasMessageContaining("another RBD group");

    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.groups()).containsExactly("somebody's");
      pool.removeGroup("somebody's");
    }
    assertThat(create("g").getSnapshotsCount()).isEqualTo(3);
    deleteGroup(create("g"));
    deleteVolumesAndAwaitNothing();
  }

  @Test
  void create_volumeInUseWithoutLock_isRefusedUnlessItIsAlone() {
    String unlocked = volume(request("pvc-old").putParameters("imageFeatures", "layering"));
    var both = groupRequest("g").addSourceVolumeIds(unlocked);
    var alone = groupRequest("h").clearSourceVolumeIds().addSourceVolumeIds(unlocked);
    try (MemoryPool pool = controller.pool()) {
      var image = pool.stored("csi-vol-" + uuid(unlocked)).orElseThrow();
      image.addWatcher("10.0.0.9");
      assertThatThrownBy(() -> create(both))
          .isInstanceOf(CsiException.FailedPrecondition.class)
          .hasMessageContaining(unlocked)
          .hasMessageContaining("exclusive-lock");
      assertThat(create(alone).getSnapshotsCount()).isEqualTo(1);
      image.removeWatcher("10.0.0.9");
    }
    assertThat(create(both).getSnapshotsCount()).isEqualTo(4);
  }

  /** The copies are cut later than the group, one after the other; writers do not wait for them. */
  @Test
  void create_writtenRightAfterTheMoment_membersShowTheMoment() {
    for (String id : volumes) {
      write(id, 0, 1);
      write(id, 100 << 20, 1);
    }
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("create snapshot csi-snap-")) {
            controller.cluster.operations().before(_ -> {});
            for (String id : volumes) {
              write(id, 0, 2);
              write(id, 200 << 20, 2);
              resize(id, 2 * GIB);
            }
          }
        });

    VolumeGroupSnapshot group = create("g");

    for (Snapshot member : group.getSnapshotsList()) {
      assertThat(member.getSizeBytes()).isEqualTo(GIB);
      String restored = restore("restored-" + uuid(member.getSnapshotId()), member);
      assertThat(read(restored, 0)).isEqualTo(1);
      assertThat(read(restored, 100 << 20)).isEqualTo(1);
      assertThat(read(restored, 200 << 20)).isZero();
      assertThat(read(member.getSourceVolumeId(), 0)).isEqualTo(2);
    }
  }

  @Test
  void create_parentLeftWhileTheMomentIsRestored_isAbortedAndSucceedsThen() throws Exception {
    write(volumes.getFirst(), 0, 1);
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("compare with snapshot")) {
            controller.cluster.operations().before(_ -> {});
            flattenSnapshotImages();
          }
        });

    assertThatThrownBy(() -> create("g")).isInstanceOf(CsiException.Aborted.class);

    VolumeGroupSnapshot group = create("g");
    assertThat(get(group)).isEqualTo(group);
    deleteGroup(group);
    deleteVolumesAndAwaitNothing();
  }

  /** As somebody does who takes the group for a leftover. */
  @Test
  void create_momentRemovedBehindTheBack_isAbortedAndAllShowALaterOne() throws Exception {
    volumes.forEach(id -> write(id, 0, 1));
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("create snapshot csi-snap-")) {
            controller.cluster.operations().before(_ -> {});
            removeMoment();
          }
        });

    assertThatThrownBy(() -> create("g"))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining("lost the snapshot of group csi-vol-group-")
        .hasMessageContaining("ask again");

    volumes.forEach(id -> write(id, 0, 2));
    VolumeGroupSnapshot group = create("g");
    assertThat(group.getSnapshotsList()).hasSize(3).extracting(this::firstByte).containsOnly(2);
    deleteGroup(group);
    deleteVolumesAndAwaitNothing();
  }

  private void removeMoment() {
    try (MemoryPool pool = controller.pool()) {
      String group = pool.groups().getFirst();
      pool.removeGroupSnapshot(group, group);
    }
  }

  /** Static volumes' ids name their pool; the group's own cannot be guessed from that. */
  @Test
  void create_staticVolumesWithoutAPool_isInvalidAndGoesWithOne() {
    try (MemoryPool pool = controller.pool()) {
      pool.createImage("by-hand", GIB, ImageOptions.DEFAULT);
    }
    var request = groupRequest("g").clearSourceVolumeIds().addSourceVolumeIds("one/rbd/by-hand");

    assertInvalid(request, "none of the volumes' ids tells a pool: name one as pool in the class");

    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.list("csi.groups.default", "", 10)).isEmpty();
      assertThat(pool.groups()).isEmpty();
    }
    assertThat(create(request.putParameters("pool", "rbd")).getSnapshotsList())
        .singleElement()
        .satisfies(s -> assertThat(s.getSourceVolumeId()).isEqualTo("one/rbd/by-hand"));
  }

  private void flattenSnapshotImages() {
    try (MemoryPool pool = controller.pool()) {
      for (String name : pool.images().keySet()) {
        if (name.startsWith("csi-snap-")) {
          try (Image image = pool.openImage(name)) {
            image.flatten();
          }
        }
      }
    }
  }

  @Test
  void get_tellsTheSameAsCreate() {
    VolumeGroupSnapshot group = create("g");

    assertThat(get(group)).isEqualTo(group);
    var ids = group.getSnapshotsList().stream().map(Snapshot::getSnapshotId).toList();
    assertThat(get(getRequest(group).addAllSnapshotIds(ids))).isEqualTo(group);
    assertThat(get(getRequest(group).clearSecrets())).isEqualTo(group);
    assertThatThrownBy(() -> get(getRequest(group).addSnapshotIds("other")))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("other");
    for (String missing : new String[] {"nonsense", volumes.getFirst()}) {
      assertThatThrownBy(() -> get(getRequest(group).setGroupSnapshotId(missing)))
          .isInstanceOf(CsiException.NotFound.class);
    }
    assertThatThrownBy(() -> get(getRequest(group).setGroupSnapshotId("")))
        .isInstanceOf(CsiException.InvalidArgument.class);

    deleteGroup(group);
    assertThatThrownBy(() -> get(group)).isInstanceOf(CsiException.NotFound.class);
  }

  @Test
  void members_areSnapshotsAsAllOthers() {
    VolumeGroupSnapshot group = create("g");
    Snapshot member = group.getSnapshots(1);

    assertThat(
            controller
                .getSnapshot
                .answer(
                    GetSnapshotRequest.newBuilder().setSnapshotId(member.getSnapshotId()).build())
                .getSnapshot())
        .isEqualTo(member);
    assertThat(
            controller
                .listSnapshots
                .answer(ListSnapshotsRequest.getDefaultInstance())
                .getEntriesList())
        .extracting(e -> e.getSnapshot())
        .containsExactlyInAnyOrderElementsOf(group.getSnapshotsList());
    assertThatThrownBy(() -> deleteSnapshot(member.getSnapshotId()))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining(group.getGroupSnapshotId());
    assertThat(get(group)).isEqualTo(group);
  }

  @Test
  void delete_withRestoredVolumes_leavesNothingOnceTheyAreGone() throws Exception {
    VolumeGroupSnapshot group = create("g");
    String restored = restore("restored", group.getSnapshots(0));
    var ids = group.getSnapshotsList().stream().map(Snapshot::getSnapshotId).toList();

    controller.deleteGroup.answer(deleteRequest(group).addAllSnapshotIds(ids).build());
    controller.deleteGroup.answer(deleteRequest(group).addAllSnapshotIds(ids).build());
    deleteGroup(group);

    assertThat(restore("restored", group.getSnapshots(0))).isEqualTo(restored);
    controller.delete(restored);
    deleteVolumesAndAwaitNothing();
  }

  @Test
  void delete_otherMembers_isInvalidAndDeletesNothing() {
    VolumeGroupSnapshot group = create("g");
    var one = deleteRequest(group).addSnapshotIds(group.getSnapshots(0).getSnapshotId());
    assertThatThrownBy(() -> controller.deleteGroup.answer(one.build()))
        .isInstanceOf(CsiException.InvalidArgument.class);
    assertThatThrownBy(() ->
            controller.deleteGroup.answer(deleteRequest(group).addSnapshotIds("other").build()))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("other");
    assertThat(get(group)).isEqualTo(group);
  }

  @Test
  void delete_idOfNoGroup_isFine() {
    VolumeGroupSnapshot group = create("g");
    for (String id : new String[] {"nonsense", volumes.getFirst()}) {
      controller.deleteGroup.answer(deleteRequest(group).setGroupSnapshotId(id).build());
    }
    assertThatThrownBy(() ->
            controller.deleteGroup.answer(deleteRequest(group).setGroupSnapshotId("").build()))
        .isInstanceOf(CsiException.InvalidArgument.class);
    assertThat(get(group)).isEqualTo(group);
  }

  @Test
  void create_anyWriteFails_leavesNothingOrIsFinishedByTheNextCall() throws Exception {
    boolean struck = true;
    for (int n = 1; struck; n++) {
      controller.cluster.operations().failBefore(n, 5);
      try {
        create("g");
      } catch (RuntimeException e) {
        // what it is does not matter here
      }
      struck = !controller.cluster.operations().pending();
      controller.cluster.operations().restart();
      VolumeGroupSnapshot group = create("g");
      assertThat(get(group)).isEqualTo(group);
      deleteGroup(group);
      deleteVolumesAndAwaitNothing();
      volumes = makeVolumes(2);
    }
  }

  @Test
  void everyCall_crashBeforeOrAfterAnyWrite_repeatedEndsTheSameWithNothingLeft() throws Exception {
    controller.resumeAfter = Duration.ZERO; // of the purges that a crash cut off
    for (boolean applied : new boolean[] {false, true}) {
      boolean crashed = true;
      for (int n = 1; crashed; n++) {
        crashed = crashAndRepeat(n, applied);
      }
    }
  }

  private boolean crashAndRepeat(int n, boolean applied) throws Exception {
    MemoryOperations operations = controller.cluster.operations();
    volumes.forEach(id -> write(id, 0, 1));
    if (applied) {
      operations.crashAfter(n);
    } else {
      operations.crashBefore(n);
    }
    try {
      deleteGroup(create("g"));
    } catch (MemoryOperations.Crash e) {
      // the process is gone
    }
    boolean crashed = operations.restart();
    controller.restart(new ControllerSettings(false, ""));
    // Whoever has a moment already keeps it: all show the same, the one before or this.
    volumes.forEach(id -> write(id, 0, 2));
    VolumeGroupSnapshot group = create("g");
    assertThat(get(group)).isEqualTo(group);
    assertThat(group.getSnapshotsList())
        .extracting(this::firstByte)
        .containsOnly(firstByte(group.getSnapshots(0)));
    deleteGroup(group);
    deleteVolumesAndAwaitNothing();
    volumes = makeVolumes(2);
    return crashed;
  }

  private int firstByte(Snapshot snapshot) {
    byte[] data = new byte[1];
    try (MemoryPool pool = controller.pool();
        Image image = pool.openImageReadOnly("csi-snap-" + uuid(snapshot.getSnapshotId()))) {
      image.read(0, data);
    }
    return data[0];
  }

  private void deleteVolumesAndAwaitNothing() throws Exception {
    volumes.forEach(controller::delete);
    forgetOrphans();
    controller.awaitNothingLeft();
  }

  /** A crash between the journal's two writes leaves an object that no name leads to. */
  private void forgetOrphans() {
    try (MemoryPool pool = controller.pool()) {
      for (String object : pool.objects()) {
        boolean group = object.startsWith("csi.volume.group.");
        boolean entry = object.startsWith("csi.volume.") || object.startsWith("csi.snap.");
        if (group || (entry && !hasImage(pool, object))) {
          pool.remove(object);
        }
      }
    }
  }

  private static boolean hasImage(MemoryPool pool, String object) {
    String image = pool.get(object, Set.of("csi.imagename")).getOrDefault("csi.imagename", "none");
    return pool.images().containsKey(image)
        || pool.trashEntries().stream().anyMatch(e -> e.name().equals(image));
  }

  private void write(String volume, long offset, int value) {
    byte[] data = new byte[4096];
    Arrays.fill(data, (byte) value);
    try (MemoryPool pool = controller.pool();
        Image image = pool.openImage("csi-vol-" + uuid(volume))) {
      image.write(offset, data);
    }
  }

  private void resize(String volume, long bytes) {
    try (MemoryPool pool = controller.pool();
        Image image = pool.openImage("csi-vol-" + uuid(volume))) {
      image.resize(bytes);
    }
  }

  private int read(String volume, long offset) {
    byte[] data = new byte[1];
    try (MemoryPool pool = controller.pool();
        Image image = pool.openImageReadOnly("csi-vol-" + uuid(volume))) {
      image.read(offset, data);
    }
    return data[0];
  }

  private VolumeGroupSnapshot create(String name) {
    return create(groupRequest(name));
  }

  private VolumeGroupSnapshot create(CreateVolumeGroupSnapshotRequest.Builder request) {
    return controller.createGroup.answer(request.build()).getGroupSnapshot();
  }

  private CreateVolumeGroupSnapshotRequest.Builder groupRequest(String name) {
    return CreateVolumeGroupSnapshotRequest.newBuilder()
        .setName(name)
        .addAllSourceVolumeIds(volumes)
        .putParameters("clusterID", "one")
        .putAllSecrets(SECRETS);
  }

  private VolumeGroupSnapshot get(VolumeGroupSnapshot group) {
    return get(getRequest(group));
  }

  private VolumeGroupSnapshot get(GetVolumeGroupSnapshotRequest.Builder request) {
    VolumeGroupSnapshot got = controller.getGroup.answer(request.build()).getGroupSnapshot();
    var inOrder = new ArrayList<>(got.getSnapshotsList());
    inOrder.sort(Comparator.comparingInt(s -> volumes.indexOf(s.getSourceVolumeId())));
    return got.toBuilder().clearSnapshots().addAllSnapshots(inOrder).build();
  }

  private static GetVolumeGroupSnapshotRequest.Builder getRequest(VolumeGroupSnapshot group) {
    return GetVolumeGroupSnapshotRequest.newBuilder()
        .setGroupSnapshotId(group.getGroupSnapshotId())
        .putAllSecrets(SECRETS);
  }

  private void deleteGroup(VolumeGroupSnapshot group) {
    controller.deleteGroup.answer(deleteRequest(group).build());
  }

  private static DeleteVolumeGroupSnapshotRequest.Builder deleteRequest(VolumeGroupSnapshot group) {
    return DeleteVolumeGroupSnapshotRequest.newBuilder()
        .setGroupSnapshotId(group.getGroupSnapshotId())
        .putAllSecrets(SECRETS);
  }

  private void deleteSnapshot(String id) {
    controller.deleteSnapshot.answer(
        DeleteSnapshotRequest.newBuilder().setSnapshotId(id).putAllSecrets(SECRETS).build());
  }

  private String restore(String name, Snapshot snapshot) {
    var source = SnapshotSource.newBuilder().setSnapshotId(snapshot.getSnapshotId());
    return volume(
        request(name).setVolumeContentSource(VolumeContentSource.newBuilder().setSnapshot(source)));
  }

  private String volume(CreateVolumeRequest.Builder request) {
    return controller.createVolume.answer(request.build()).getVolume().getVolumeId();
  }

  private static String uuid(String id) {
    return id.substring(id.length() - 36);
  }

  private static List<String> names(MemoryPool pool, String image) {
    return pool.stored(image).orElseThrow().snapshots().stream()
        .map(s -> s.kind() + " " + s.name())
        .toList();
  }
}
