package io.cephcsi.cephfs.controller;

import static io.cephcsi.cephfs.controller.Controller.GIB;
import static io.cephcsi.cephfs.controller.Controller.SECRETS;
import static io.cephcsi.cephfs.controller.Controller.request;
import static io.cephcsi.cephfs.controller.Controller.restore;
import static io.cephcsi.cephfs.controller.Controller.show;
import static io.cephcsi.cephfs.controller.Controller.uuid;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.DeleteVolumeGroupSnapshotRequest;
import csi.v1.GetSnapshotRequest;
import csi.v1.GetVolumeGroupSnapshotRequest;
import csi.v1.ListSnapshotsRequest;
import csi.v1.Snapshot;
import csi.v1.VolumeGroupSnapshot;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.MemoryOperations;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Snapshots of several volumes at one moment, on a cluster in memory. */
class GroupSnapshotTest {
  private static final String G = "csi.volume.group.g";
  private static final String STRANGER = "b0285c97-a0ce-11eb-8c66-0242ac110002";

  @TempDir Path directory;
  private Controller controller;
  private List<String> volumes;
  private int written;

  @BeforeEach
  void start() throws Exception {
    controller = new Controller(directory);
    controller.subvolumes.setVersion("20.2.4");
    volumes = makeVolumes();
  }

  private List<String> makeVolumes() {
    List<String> made = new ArrayList<>();
    for (int n = 0; n < 3; n++) {
      made.add(controller.create("pvc-" + n).getVolume().getVolumeId());
    }
    return made;
  }

  @AfterEach
  void stop() {
    controller.close();
    controller.clusters.checkNothingOpen();
  }

  @Test
  void create_newName_isAnOrdinarySnapshotOfEachVolume_asCephCsiHasIt() {
    VolumeGroupSnapshot group = create("group-1");

    assertThat(group.getReadyToUse()).isTrue();
    assertThat(group.getCreationTime().getSeconds()).isPositive();
    assertThat(group.getSnapshotsList())
        .extracting(Snapshot::getSourceVolumeId)
        .containsExactlyElementsOf(volumes);
    assertThat(controller.subvolumes.quiesced()).isFalse();
    String groupUuid = uuid(group.getGroupSnapshotId());
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.list("csi.groups.default", "", 10))
          .isEqualTo(Map.of("csi.volume.group.group-1", groupUuid));
      for (Snapshot member : group.getSnapshotsList()) {
        String snapshot = "csi-snap-" + uuid(member.getSnapshotId());
        assertThat(member.getReadyToUse()).isTrue();
        assertThat(member.getSizeBytes()).isEqualTo(GIB);
        assertThat(member.getCreationTime()).isEqualTo(group.getCreationTime());
        assertThat(member.getGroupSnapshotId()).isEqualTo(group.getGroupSnapshotId());
        assertThat(pool.list("csi.volume.group." + groupUuid, "", 10))
            .containsEntry(member.getSourceVolumeId(), member.getSnapshotId())
            .containsEntry("csi.volname", "group-1");
        assertThat(pool.list("csi.snap." + uuid(member.getSnapshotId()), "", 20))
            .containsEntry(
                "csi.snapname", "csi-vol-group-" + groupUuid + "-" + member.getSourceVolumeId())
            .containsEntry("csi.groupid", group.getGroupSnapshotId())
            .containsEntry("csi.source", "csi-vol-" + uuid(member.getSourceVolumeId()));
        assertThat(controller.stored(member.getSourceVolumeId()).snapshots)
            .containsOnlyKeys(snapshot);
      }
    }
  }

  /** All that can wait is done before the clients are stopped, or after. */
  @Test
  void create_whileClientsAreStopped_onlyCuts() {
    controller.cluster.operations().reset();
    create("g");
    List<String> log = controller.cluster.operations().log();
    int first = indexOf(log, "\"reset\":true");
    int last = indexOf(log, "\"release\":true");
    assertThat(log.subList(first + 1, last))
        .allMatch(o -> o.contains("snapshot create") || o.contains("\"query\":true"))
        .filteredOn(o -> o.contains("snapshot create"))
        .hasSize(3);
  }

  private static int indexOf(List<String> log, String words) {
    int index = 0;
    while (!log.get(index).contains(words)) {
      index++;
    }
    return index;
  }

  /** A client that writes the same number to one volume after the other, whenever it may. */
  private void writeAtEachOperation() {
    controller.cluster.operations().before(_ -> write());
  }

  private void write() {
    written++;
    for (String id : volumes) {
      if (!controller.subvolumes.write("csi-vol-" + uuid(id), written)) {
        return; // it waits, and so do its later writes
      }
    }
  }

  @Test
  void create_whileAllVolumesAreWritten_isOneMoment() {
    writeAtEachOperation();
    VolumeGroupSnapshot group = create("g");
    int moment = content(group.getSnapshots(0));
    write();
    assertThat(moment).isPositive().isLessThan(controller.stored(volumes.getFirst()).content);
    assertThat(group.getSnapshotsList()).extracting(this::content).containsOnly(moment);
  }

  private int content(Snapshot snapshot) {
    var cuts = controller.stored(snapshot.getSourceVolumeId()).snapshots;
    return requireNonNull(cuts.get("csi-snap-" + uuid(snapshot.getSnapshotId()))).content;
  }

  @Test
  void create_again_isTheSameGroupAndStopsNobody() {
    VolumeGroupSnapshot first = create("group-1");
    controller.restart();
    controller.cluster.operations().reset();

    assertThat(create("group-1")).isEqualTo(first);
    assertThat(controller.managerCommands()).doesNotContain("fs quiesce");
    var reversed = groupRequest("group-1").clearSourceVolumeIds();
    reversed.addAllSourceVolumeIds(volumes.reversed());
    assertThat(create(reversed).getSnapshotsList())
        .containsExactlyInAnyOrderElementsOf(first.getSnapshotsList());
  }

  @Test
  void create_sameNameOtherVolumes_isAlreadyExists() {
    create("group-1");

    var fewer = groupRequest("group-1").clearSourceVolumeIds().addSourceVolumeIds(volumes.get(0));
    assertThatThrownBy(() -> create(fewer))
        .isInstanceOf(CsiException.AlreadyExists.class)
        .hasMessageContaining("group-1");
    String other = controller.create("pvc-other").getVolume().getVolumeId();
    var more = groupRequest("group-1").addSourceVolumeIds(other);
    assertThatThrownBy(() -> create(more)).isInstanceOf(CsiException.AlreadyExists.class);
    assertThat(create("group-1").getSnapshotsCount()).isEqualTo(3);
  }

  @Test
  void create_memberThatCephCsiEncrypts_isRefusedAndLeavesNothing() {
    controller.encrypt("csi.volume.", volumes.getLast());

    assertThatThrownBy(() -> create("group-1"))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("volume " + volumes.getLast() + " is encrypted by ceph-csi");

    volumes.forEach(controller::delete);
    controller.assertNothingLeft();
  }

  @Test
  void create_wrongRequest_isRefused() {
    assertInvalid(groupRequest(""), "name is missing");
    assertInvalid(groupRequest("g").clearSourceVolumeIds(), "source_volume_ids");
    assertInvalid(groupRequest("g").addSourceVolumeIds(""), "source_volume_ids");
    assertInvalid(groupRequest("g").clearParameters(), "clusterID");
    assertInvalid(groupRequest("g").putParameters("fsName", ""), "fsName");
    assertInvalid(groupRequest("g").putParameters("fsName", "nowhere"), "nowhere");
    assertInvalid(groupRequest("g").putParameters("volumeGroupNamePrefix", "a/b"), "a/b");
    assertInvalid(groupRequest("g").clearSecrets(), "secrets");
  }

  private void assertInvalid(CreateVolumeGroupSnapshotRequest.Builder request, String word) {
    assertThatThrownBy(() -> create(request))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining(word);
  }

  @Test
  void create_missingVolume_isNotFoundAndLeavesNothing() {
    String gone = volumes.getFirst().replace(uuid(volumes.getFirst()), STRANGER);
    for (String missing : new String[] {"nonsense", gone}) {
      assertThatThrownBy(() -> create(groupRequest("g").addSourceVolumeIds(missing)))
          .isInstanceOf(CsiException.NotFound.class)
          .hasMessageContaining(missing);
    }
    String subvolume = "csi-vol-" + uuid(volumes.get(1));
    controller.subvolumes.subvolumes("cephfs", "csi").remove(subvolume);
    assertThatThrownBy(() -> create("g"))
        .isInstanceOf(CsiException.NotFound.class)
        .hasMessageContaining(subvolume)
        .hasMessageContaining("ceph fs subvolume ls");
    deleteVolumesAndAssertNothing();
  }

  @Test
  void create_volumesOfTwoPlaces_isInvalidAndLeavesNothing() throws Exception {
    Files.writeString(
        controller.config,
        """
        [{"clusterID":"one","monitors":["mon"]},
         {"clusterID":"two","monitors":["mon"],"cephFS":{"subvolumeGroup":"other"}}]
        """);
    controller.subvolumes.addFileSystem("second");
    String otherFs =
        controller.create(request("pvc-a").putParameters("fsName", "second")).getVolumeId();
    String otherGroup =
        controller.create(request("pvc-b").putParameters("clusterID", "two")).getVolumeId();
    for (String other : List.of(otherFs, otherGroup)) {
      assertInvalid(groupRequest("g").addSourceVolumeIds(other), other);
    }
    controller.delete(otherFs);
    controller.delete(otherGroup);
    deleteVolumesAndAssertNothing();
  }

  @Test
  void create_volumeThatShowsASnapshot_isInvalidAndLeavesNothing() {
    String snapshot = controller.cut("snap-1", volumes.getFirst()).getSnapshotId();
    String shown = controller.create(show("pvc-shown", snapshot)).getVolumeId();
    assertInvalid(groupRequest("g").addSourceVolumeIds(shown), snapshot);
    controller.delete(shown);
    controller.deleteSnapshot(snapshot);
    deleteVolumesAndAssertNothing();
  }

  @Test
  void create_cloneThatIsNotComplete_isAbortedAndMadeWhenItIs() {
    controller.stored(volumes.get(2)).state = "in-progress";
    assertThatThrownBy(() -> create("g"))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining("a clone that is not complete");
    controller.stored(volumes.get(2)).state = "complete";
    deleteGroup(create("g"));
    deleteVolumesAndAssertNothing();
  }

  /** On which the sidecar may find the capability all the same. */
  @Test
  void create_olderCeph_namesTheVersionAndLeavesNothing() {
    controller.subvolumes.setVersion("18.2.7");
    assertThatThrownBy(() -> create("g"))
        .isInstanceOf(CsiException.Unimplemented.class)
        .hasMessageContaining("need Ceph 19 or newer");
    assertThat(controller.managerCommands()).filteredOn("fs quiesce"::equals).hasSize(1);
    deleteVolumesAndAssertNothing();
  }

  @Test
  void create_clientsWriteBeforeTheLastCut_isAbortedAndMadeAnew() {
    atCut(3, () -> controller.subvolumes.expireQuiesced());
    assertThatThrownBy(() -> create("g"))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining("clients went on writing before all volumes were cut");
    assertNoSnapshot();

    atCut(2, () -> controller.subvolumes.forgetQuiesced());
    assertThatThrownBy(() -> create("g")).isInstanceOf(CsiException.Aborted.class);
    assertNoSnapshot();

    assertThat(create("g").getSnapshotsCount()).isEqualTo(3);
  }

  /** Does the work right before the n-th volume is cut. */
  private void atCut(int n, Runnable work) {
    var left = new int[] {n};
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.contains("snapshot create") && --left[0] == 0) {
            controller.cluster.operations().before(_ -> {});
            work.run();
          }
        });
  }

  private void assertNoSnapshot() {
    assertThat(volumes).allMatch(id -> controller.stored(id).snapshots.isEmpty());
    assertThat(controller.subvolumes.quiesced()).isFalse();
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.list("csi.snaps.default", "", 10)).isEmpty();
      assertThat(pool.list("csi.groups.default", "", 10)).isEmpty();
    }
  }

  @Test
  void create_serversRestartedWhileClientsAreStopped_isAborted() {
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.contains("\"query\":true")) {
            controller.subvolumes.forgetQuiesced();
          }
        });
    assertThatThrownBy(() -> create("g"))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining("the metadata servers were restarted");
    assertNoSnapshot();
  }

  /** Whatever goes wrong while they are waited for, and not only what is expected to. */
  @ParameterizedTest
  @ValueSource(ints = {Errno.EIO, Errno.EAGAIN, Errno.EPERM, Errno.ETIMEDOUT})
  void create_clientsCannotBeWaitedFor_areLetGoOnAtOnce(int errno) {
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.contains("\"query\":true")) {
            controller.cluster.operations().before(_ -> {});
            throw new CephException(errno, operation);
          }
        });

    assertThatThrownBy(() -> create("g")).isInstanceOf(RuntimeException.class);

    assertThat(controller.cluster.operations().log())
        .filteredOn(operation -> operation.contains("\"cancel\":true"))
        .hasSize(1);
    assertThat(controller.subvolumes.quiesced()).isFalse();
    deleteGroup(create("g"));
    deleteVolumesAndAssertNothing();
  }

  @Test
  void create_setTakenByAnother_isAborted() {
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.contains("\"query\":true")) {
            cancelAll();
          }
        });
    assertThatThrownBy(() -> create("g"))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining("set g is CANCELED")
        .hasMessageContaining("ask again");
    assertNoSnapshot();
  }

  private void cancelAll() {
    controller.cluster.operations().before(_ -> {});
    controller.subvolumes.setClientsAnswering(false);
    controller.cluster.managerCommand(
        "{\"prefix\":\"fs quiesce\",\"format\":\"json\",\"vol_name\":\"cephfs\",\"set_id\":\"g\",\"cancel\":true}",
        Duration.ofSeconds(1));
  }

  /** Nobody knows whether the cut came to be; the next call begins with what is there. */
  @Test
  void create_managerHangsAtACut_isUnavailableAndMadeAnewByTheNext() {
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.contains("snapshot create")
              && operation.contains("csi-vol-" + uuid(volumes.get(1)))) {
            throw new CephException(Errno.ETIMEDOUT, operation);
          }
        });
    assertThatThrownBy(() -> create("g")).isInstanceOf(CsiException.Unavailable.class);
    assertThat(controller.subvolumes.quiesced()).isFalse();

    writeAtEachOperation();
    VolumeGroupSnapshot group = create("g");
    assertThat(group.getSnapshotsList())
        .extracting(this::content)
        .containsOnly(content(group.getSnapshots(0)));
    assertThat(volumes).allMatch(id -> controller.stored(id).snapshots.size() == 1);
    controller.cluster.operations().before(_ -> {});
    deleteGroup(group);
    deleteVolumesAndAssertNothing();
  }

  @Test
  void create_deletedByAnotherDriverMeanwhile_isAbortedAndLeavesNothing() {
    once(
        "\"release\":true",
        pool -> pool.remove("csi.volume.group." + pool.list("csi.groups.default", "", 1).get(G)));
    assertThatThrownBy(() -> create("g"))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining("group snapshot g was deleted or begun anew by another driver");
    deleteVolumesAndAssertNothing();
  }

  /** One that was cut off from Kubernetes, say; what it has is left to it. */
  @Test
  void create_madeByAnotherDriverMeanwhile_isAbortedAndTakesBackItsOwnAlone() {
    once(
        "create csi.snap.",
        pool -> {
          String group = "csi-vol-group-" + pool.list("csi.groups.default", "", 1).get(G);
          String name = group + "-" + volumes.get(1);
          pool.create(
              "csi.snap." + STRANGER,
              Map.of("csi.snapname", name, "csi.source", "csi-vol-" + uuid(volumes.get(1))));
          pool.compareAndPut("csi.snaps.default", "csi.snap." + name, "", STRANGER);
        });
    assertThatThrownBy(() -> create("g"))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining("another driver makes or deletes snapshot csi-vol-group-");
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.list("csi.snaps.default", "", 10)).containsValue(STRANGER).hasSize(1);
    }
  }

  /** Does the work right before the first such operation. */
  private void once(String words, Consumer<MemoryPool> work) {
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.contains(words)) {
            controller.cluster.operations().before(_ -> {});
            try (MemoryPool pool = controller.pool()) {
              work.accept(pool);
            }
          }
        });
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
    var request = GetSnapshotRequest.newBuilder().setSnapshotId(member.getSnapshotId());

    assertThat(controller.getSnapshot.answer(request.build()).getSnapshot()).isEqualTo(member);
    assertThat(
            controller
                .listSnapshots
                .answer(ListSnapshotsRequest.getDefaultInstance())
                .getEntriesList())
        .extracting(e -> e.getSnapshot())
        .containsExactlyInAnyOrderElementsOf(group.getSnapshotsList());
    assertThatThrownBy(() -> controller.deleteSnapshot(member.getSnapshotId()))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining(group.getGroupSnapshotId());
    String restored = controller.create(restore("pvc-r", member.getSnapshotId())).getVolumeId();
    assertThat(controller.stored(restored).quotaBytes).isEqualTo(GIB);
    assertThat(get(group)).isEqualTo(group);
  }

  @Test
  void delete_twice_leavesNothing() {
    VolumeGroupSnapshot group = create("g");
    var ids = group.getSnapshotsList().stream().map(Snapshot::getSnapshotId).toList();
    controller.deleteGroup.answer(deleteRequest(group).addAllSnapshotIds(ids).build());
    controller.deleteGroup.answer(deleteRequest(group).addAllSnapshotIds(ids).build());
    deleteGroup(group);
    deleteVolumesAndAssertNothing();
  }

  @Test
  void delete_volumesAreGone_leavesNothing() {
    VolumeGroupSnapshot group = create("g");
    volumes.forEach(controller::delete);
    deleteGroup(group);
    controller.assertNothingLeft();
  }

  @Test
  void delete_otherMembers_isInvalidAndDeletesNothing() {
    VolumeGroupSnapshot group = create("g");
    for (String id : List.of(group.getSnapshots(0).getSnapshotId(), "other")) {
      var one = deleteRequest(group).addSnapshotIds(id).build();
      assertThatThrownBy(() -> controller.deleteGroup.answer(one))
          .isInstanceOf(CsiException.InvalidArgument.class)
          .hasMessageContaining(id);
    }
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
  void groupOfCephCsi_whole_isTheAnswer() {
    VolumeGroupSnapshot group = asOfCephCsi(create("g"));
    assertThat(create("g").getSnapshotsList())
        .extracting(Snapshot::getSnapshotId)
        .containsExactlyElementsOf(
            group.getSnapshotsList().stream().map(Snapshot::getSnapshotId).toList());
  }

  /** Nobody knows whether its clients were still stopped at the cuts that it made. */
  @Test
  void groupOfCephCsi_halfMade_isMadeAnew() {
    VolumeGroupSnapshot half = asOfCephCsi(create("g"));
    try (MemoryPool pool = controller.pool()) {
      pool.removeKeys(
          "csi.volume.group." + uuid(half.getGroupSnapshotId()), Set.of(volumes.get(2)));
    }
    VolumeGroupSnapshot group = create("g");
    assertThat(group.getSnapshotsCount()).isEqualTo(3);
    assertThat(volumes).allMatch(id -> controller.stored(id).snapshots.size() == 1);
    deleteGroup(group);
    deleteVolumesAndAssertNothing();
  }

  /** It does not note with the snapshots which group they are in. */
  private VolumeGroupSnapshot asOfCephCsi(VolumeGroupSnapshot group) {
    try (MemoryPool pool = controller.pool()) {
      for (Snapshot member : group.getSnapshotsList()) {
        pool.removeKeys("csi.snap." + uuid(member.getSnapshotId()), Set.of("csi.groupid"));
      }
    }
    return group;
  }

  @Test
  void create_anyWriteFails_leavesNothingOrIsFinishedByTheNextCall() {
    boolean struck = true;
    for (int n = 1; struck; n++) {
      controller.cluster.operations().failBefore(n, Errno.EIO);
      try {
        create("g");
      } catch (RuntimeException e) {
        assertThat(e).isNotNull();
      }
      struck = !controller.cluster.operations().pending();
      controller.cluster.operations().restart();
      VolumeGroupSnapshot group = create("g");
      assertThat(get(group)).isEqualTo(group);
      deleteGroup(group);
      deleteVolumesAndAssertNothing();
      volumes = makeVolumes();
    }
  }

  @Test
  void everyCall_crashBeforeOrAfterAnyWrite_repeatedEndsTheSameWithNothingLeft() {
    for (boolean applied : new boolean[] {false, true}) {
      boolean crashed = true;
      for (int n = 1; crashed; n++) {
        crashed = crashAndRepeat(n, applied);
      }
    }
  }

  private boolean crashAndRepeat(int n, boolean applied) {
    MemoryOperations operations = controller.cluster.operations();
    if (applied) {
      operations.crashAfter(n);
    } else {
      operations.crashBefore(n);
    }
    try {
      deleteGroup(create("g"));
    } catch (MemoryOperations.Crash e) {
      assertThat(e).isNotNull();
    }
    boolean crashed = operations.restart();
    controller.restart();
    controller.subvolumes.expireQuiesced();
    write();
    writeAtEachOperation();
    VolumeGroupSnapshot group = create("g");
    operations.before(_ -> {});
    assertThat(get(group)).isEqualTo(group);
    assertThat(group.getSnapshotsList())
        .extracting(this::content)
        .containsOnly(content(group.getSnapshots(0)));
    assertThat(volumes).allMatch(id -> controller.stored(id).snapshots.size() == 1);
    deleteGroup(group);
    deleteVolumesAndAssertNothing();
    volumes = makeVolumes();
    return crashed;
  }

  private void deleteVolumesAndAssertNothing() {
    volumes.forEach(controller::delete);
    forgetOrphans();
    controller.assertNothingLeft();
  }

  /** A crash between the journal's two writes leaves an object that no name leads to. */
  private void forgetOrphans() {
    try (MemoryPool pool = controller.pool()) {
      var owned = new ArrayList<String>();
      for (String directory : List.of("csi.snaps.default", "csi.groups.default")) {
        owned.addAll(pool.list(directory, "", 100).values());
      }
      pool.objects().stream()
          .filter(o -> o.startsWith("csi.snap.") || o.startsWith("csi.volume.group."))
          .filter(o -> !owned.contains(o.substring(o.length() - 36)))
          .toList()
          .forEach(pool::remove);
    }
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
        .putParameters("fsName", "cephfs")
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
}
