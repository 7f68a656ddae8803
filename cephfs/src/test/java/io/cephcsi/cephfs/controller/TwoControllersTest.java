package io.cephcsi.cephfs.controller;

import static io.cephcsi.cephfs.controller.Controller.SECRETS;
import static io.cephcsi.cephfs.controller.Controller.uuid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.DeleteVolumeGroupSnapshotRequest;
import csi.v1.GetVolumeGroupSnapshotRequest;
import csi.v1.Snapshot;
import csi.v1.VolumeGroupSnapshot;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.MemoryOperations;
import io.cephcsi.cephfs.StoredSubvolume;
import io.cephcsi.csi.CsiException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two processes at once on one name, as when the leader changes and the old one still runs. */
class TwoControllersTest {
  /** Its writes; what a stop amid them leaves is for the journal's own tests. */
  private static final int RESERVATION = 2;

  @TempDir Path directory;
  private Controller first;
  private Controller second;
  private List<String> volumes;

  @BeforeEach
  void start() throws Exception {
    first = new Controller(directory);
    first.subvolumes.setVersion("20.2.4");
    second = new Controller(Files.createDirectory(directory.resolve("two")), first);
    volumes =
        List.of(
            first.create("pvc-1").getVolume().getVolumeId(),
            first.create("pvc-2").getVolume().getVolumeId());
  }

  @AfterEach
  void stop() {
    first.close();
    second.close();
    first.clusters.checkNothingOpen();
    second.clusters.checkNothingOpen();
  }

  /** What one call came to: a group, or empty for "ask again". */
  private Optional<VolumeGroupSnapshot> call(Controller controller) {
    try {
      return Optional.of(cut(controller));
    } catch (CsiException.Aborted | CsiException.ResourceExhausted | CephException e) {
      return Optional.empty();
    }
  }

  private VolumeGroupSnapshot cut(Controller controller) {
    return controller
        .createGroup
        .answer(
            CreateVolumeGroupSnapshotRequest.newBuilder()
                .setName("g")
                .addAllSourceVolumeIds(volumes)
                .putParameters("clusterID", "one")
                .putParameters("fsName", "cephfs")
                .putAllSecrets(SECRETS)
                .build())
        .getGroupSnapshot();
  }

  /**
   * Runs the second one's call as a whole before each operation of the first one's, also where the
   * first one goes on with what a call that was stopped has left, or its next write fails.
   */
  @ParameterizedTest
  @ValueSource(strings = {"", "stopped before", "full then"})
  void group_answeredOnceIsNeverTakenBack(String how) {
    boolean interrupted = true;
    for (int n = 1; interrupted; n++) {
      if (how.equals("stopped before")) {
        stopAmid();
      }
      interrupted = interruptAt(n, how.equals("full then"));
    }
    volumes.forEach(second::delete);
    second.assertNothingLeft();
  }

  /** A call that has cut both volumes, and answers nobody. */
  private void stopAmid() {
    MemoryOperations operations = first.cluster.operations();
    operations.before(operation -> {
      if (operation.contains("\"release\":true")) {
        throw new CephException(Errno.ETIMEDOUT, operation);
      }
    });
    assertThatThrownBy(() -> cut(first)).isInstanceOf(CsiException.Unavailable.class);
    operations.before(_ -> {});
  }

  private boolean interruptAt(int n, boolean fullThen) {
    MemoryOperations operations = first.cluster.operations();
    var countdown = new AtomicInteger(n);
    var theirs = new AtomicReference<Optional<VolumeGroupSnapshot>>(Optional.empty());
    operations.before(_ -> {
      if (countdown.decrementAndGet() == 0) {
        theirs.set(call(second));
        if (fullThen) {
          operations.failBefore(1, Errno.ENOSPC);
        }
      }
    });
    Optional<VolumeGroupSnapshot> ours = call(first);
    operations.before(_ -> {});
    operations.restart();
    if (ours.isPresent() && theirs.get().isPresent()) {
      assertThat(ids(ours.get())).as("interrupted at %d", n).isEqualTo(ids(theirs.get().get()));
    }
    theirs
        .get()
        .or(() -> ours)
        .ifPresent(answered -> {
          assertWhole(answered, n);
          assertThat(ids(cut(second))).as("asked again after %d", n).isEqualTo(ids(answered));
        });
    VolumeGroupSnapshot made = cut(second);
    assertWhole(made, n);
    delete(made);
    assertThat(volumes).as("left after %d", n).allMatch(v -> first.stored(v).snapshots.isEmpty());
    return countdown.get() <= 0;
  }

  /**
   * As {@link #group_answeredOnceIsNeverTakenBack}, of volumes and snapshots: whoever was told of
   * one keeps it, whatever becomes of the other call.
   */
  @ParameterizedTest
  @CsvSource({
    "blank, ''",
    "blank, full then",
    "blank, stopped before",
    "named, full then",
    "restored, full then",
    "copied, ''",
    "copied, full then",
    "copied, stopped before",
    "shown, ''",
    "shown, full then",
    "shown, stopped before",
    "cut, ''",
    "cut, full then",
    "cut, stopped before"
  })
  void answeredOnce_isNeverTakenBack(String what, String how) {
    String snapshot = first.cut("source", volumes.getFirst()).getSnapshotId();
    Function<Controller, String> call = controller -> make(controller, what, snapshot);
    boolean interrupted = true;
    for (int n = 1; interrupted; n++) {
      if (how.equals("stopped before")) {
        stopAt(call, RESERVATION + n);
      }
      interrupted = interruptAt(call, n, how.equals("full then"));
      assertThat(first.stored(volumes.getFirst()).snapshots).as("left after %d", n).hasSize(1);
    }
    first.deleteSnapshot(snapshot);
    volumes.forEach(second::delete);
    second.assertNothingLeft();
  }

  /**
   * As {@link #answeredOnce_isNeverTakenBack}, where a call before left what has to go first: a
   * subvolume that the manager did not finish, or a copy that broke.
   */
  @ParameterizedTest
  @ValueSource(strings = {"blank", "copied", "restored"})
  void leftBroken_answeredByTheOtherMeanwhile_isNeverRemoved(String what) {
    String snapshot = first.cut("source", volumes.getFirst()).getSnapshotId();
    Function<Controller, String> call = controller -> make(controller, what, snapshot);
    boolean interrupted = true;
    for (int n = 1; interrupted; n++) {
      leaveBroken(call);
      interrupted = interruptAt(call, n, false);
      assertThat(first.stored(volumes.getFirst()).snapshots).as("left after %d", n).hasSize(1);
    }
    first.deleteSnapshot(snapshot);
    volumes.forEach(second::delete);
    second.assertNothingLeft();
  }

  private void leaveBroken(Function<Controller, String> call) {
    var there = Set.copyOf(first.subvolumes.subvolumes("cephfs", "csi").keySet());
    first
        .cluster
        .operations()
        .before(operation -> {
          if (operation.matches(".*\"fs (subvolume getpath|clone status)\".*")) {
            throw new CephException(Errno.ETIMEDOUT, operation);
          }
        });
    assertThat(outcome(call, first)).isEmpty();
    first.cluster.operations().before(_ -> {});
    var now = new HashMap<>(first.subvolumes.subvolumes("cephfs", "csi"));
    now.keySet().removeAll(there);
    StoredSubvolume begun = now.values().iterator().next();
    if (begun.state.equals("pending")) {
      begun.state = "failed";
    } else {
      begun.halfMade = true;
    }
  }

  /**
   * Before each operation of the first one's call the second takes it over, fails and undoes it:
   * nothing is left of what the first one makes then.
   */
  @ParameterizedTest
  @ValueSource(strings = {"blank", "copied", "restored", "shown", "cut"})
  void undoneByTheOtherMeanwhile_leavesNothing(String what) {
    String snapshot = first.cut("source", volumes.getFirst()).getSnapshotId();
    MemoryOperations operations = first.cluster.operations();
    boolean interrupted = true;
    for (int n = 1; interrupted; n++) {
      var countdown = new AtomicInteger(n);
      operations.before(_ -> {
        if (countdown.decrementAndGet() == 0) {
          operations.failBefore(2, Errno.ENOSPC); // the first is that it takes over
          var _ = outcome(controller -> make(controller, what, snapshot), second);
          operations.restart();
        }
      });
      Optional<String> ours = outcome(controller -> make(controller, what, snapshot), first);
      operations.before(_ -> {});
      interrupted = countdown.get() <= 0;
      String now = make(second, what, snapshot);
      if (ours.isPresent()) {
        assertThat(now).as("after %d", n).isEqualTo(ours.get());
      }
      second.delete(now);
      second.deleteSnapshot(now);
      assertThat(first.stored(volumes.getFirst()).snapshots).as("left after %d", n).hasSize(1);
    }
    first.deleteSnapshot(snapshot);
    volumes.forEach(second::delete);
    second.assertNothingLeft();
  }

  /** The id of what a call makes. */
  private String make(Controller controller, String what, String snapshot) {
    return switch (what) {
      case "blank" -> controller.create("new").getVolume().getVolumeId();
      case "named" -> {
        var request = Controller.request("new").putParameters("csi.storage.k8s.io/pv/name", "new");
        yield controller.create(request).getVolumeId();
      }
      case "restored" -> controller.create(Controller.restore("new", snapshot)).getVolumeId();
      case "copied" -> controller.create(Controller.copy("new", volumes.getFirst())).getVolumeId();
      case "shown" -> controller.create(Controller.show("new", snapshot)).getVolumeId();
      default -> controller.cut("new", volumes.getFirst()).getSnapshotId();
    };
  }

  /** Of what a call came to: the id, or empty for a failure. */
  private static Optional<String> outcome(Function<Controller, String> call, Controller of) {
    try {
      return Optional.of(call.apply(of));
    } catch (CsiException | CephException e) {
      return Optional.empty();
    }
  }

  /** A call that dies before its nth write. */
  private void stopAt(Function<Controller, String> call, int n) {
    first.cluster.operations().crashBefore(n);
    try {
      var _ = outcome(call, first);
    } catch (MemoryOperations.Crash e) {
      first.restart();
    }
    first.cluster.operations().restart();
  }

  private boolean interruptAt(Function<Controller, String> call, int n, boolean fullThen) {
    MemoryOperations operations = first.cluster.operations();
    var countdown = new AtomicInteger(n);
    var theirs = new AtomicReference<Optional<String>>(Optional.empty());
    var data = new AtomicReference<Optional<StoredSubvolume>>(Optional.empty());
    operations.before(operation -> {
      if (countdown.decrementAndGet() == 0) {
        boolean looked = removesAfterALook(operation, operations.log().getLast());
        theirs.set(outcome(call, second));
        data.set(looked ? Optional.empty() : theirs.get().flatMap(this::subvolume));
        if (fullThen) {
          operations.failBefore(1, Errno.ENOSPC);
        }
      }
    });
    Optional<String> ours = outcome(call, first);
    operations.before(_ -> {});
    operations.restart();
    Optional<String> told = theirs.get().or(() -> ours);
    if (ours.isPresent() && told.isPresent()) {
      assertThat(ours).as("interrupted at %d", n).isEqualTo(told);
    }
    if (data.get().isPresent()) {
      assertThat(told.flatMap(this::subvolume)).as("data after %d", n).isEqualTo(data.get());
    }
    String now = call.apply(second);
    told.ifPresent(id -> assertThat(now).as("asked again after %d", n).isEqualTo(id));
    assertThat(call.apply(first)).isEqualTo(now);
    second.delete(now);
    second.deleteSnapshot(now);
    return countdown.get() <= 0;
  }

  /** No look at the reservation can be nearer to the manager's command, which may be two. */
  private static boolean removesAfterALook(String operation, String before) {
    String removal = "\"fs subvolume rm\"";
    return operation.contains(removal)
        && (before.startsWith("get csi.volume.") || before.contains(removal));
  }

  private Optional<StoredSubvolume> subvolume(String id) {
    return first.subvolumes.subvolume("csi-vol-" + uuid(id));
  }

  private static List<String> ids(VolumeGroupSnapshot group) {
    return group.getSnapshotsList().stream().map(Snapshot::getSnapshotId).sorted().toList();
  }

  private void assertWhole(VolumeGroupSnapshot group, int n) {
    var request =
        GetVolumeGroupSnapshotRequest.newBuilder()
            .setGroupSnapshotId(group.getGroupSnapshotId())
            .putAllSecrets(SECRETS)
            .build();
    VolumeGroupSnapshot now = second.getGroup.answer(request).getGroupSnapshot();
    assertThat(ids(now)).as("members after %d", n).isEqualTo(ids(group));
    for (Snapshot member : group.getSnapshotsList()) {
      assertThat(first.stored(member.getSourceVolumeId()).snapshots)
          .as("cuts after %d", n)
          .containsKey("csi-snap-" + uuid(member.getSnapshotId()));
    }
  }

  private void delete(VolumeGroupSnapshot group) {
    second.deleteGroup.answer(
        DeleteVolumeGroupSnapshotRequest.newBuilder()
            .setGroupSnapshotId(group.getGroupSnapshotId())
            .putAllSecrets(SECRETS)
            .build());
  }
}
