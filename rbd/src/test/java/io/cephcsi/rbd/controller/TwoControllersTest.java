package io.cephcsi.rbd.controller;

import static io.cephcsi.rbd.controller.Controller.SECRETS;
import static io.cephcsi.rbd.controller.Controller.copying;
import static io.cephcsi.rbd.controller.Controller.imageOf;
import static io.cephcsi.rbd.controller.Controller.request;
import static io.cephcsi.rbd.controller.Controller.restoring;
import static org.assertj.core.api.Assertions.assertThat;

import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.DeleteVolumeGroupSnapshotRequest;
import csi.v1.GetVolumeGroupSnapshotRequest;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.MemoryOperations;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes at once on one name, as when the leader changes and the old one still runs. */
class TwoControllersTest {
  @TempDir Path directory;
  private Controller first;
  private Controller second;
  private String source;

  @BeforeEach
  void start() throws Exception {
    first = new Controller(directory);
    second = new Controller(Files.createDirectory(directory.resolve("two")), first.cluster);
    first.resumeAfter = Duration.ZERO; // an answer that came too late is undone in the background
    first.restart(new ControllerSettings(false, ""));
    source = first.create("pvc-source").getVolume().getVolumeId();
  }

  @AfterEach
  void stop() {
    first.close();
    second.close();
    first.clusters.checkNothingOpen();
    second.clusters.checkNothingOpen();
  }

  /** What one call of the name came to: an id, or empty for "ask again". */
  private static Optional<String> call(Controller controller, Function<Controller, String> call) {
    try {
      return Optional.of(call.apply(controller));
    } catch (CsiException.Aborted | CsiException.ResourceExhausted | CephException e) {
      return Optional.empty();
    }
  }

  /**
   * Runs the second one's call as a whole before each operation of the first one's.
   *
   * @param fullThen whether the first one's next write after that fails for lack of space
   */
  private void sweep(
      Function<Controller, String> call,
      Function<Optional<String>, Boolean> whole,
      boolean fullThen,
      String... otherVolumes)
      throws InterruptedException {
    MemoryOperations operations = first.cluster.operations();
    Thread caller = Thread.currentThread(); // others do what is left in the background
    for (int n = 1; ; n++) {
      var countdown = new AtomicInteger(n);
      var theirs = new AtomicReference<Optional<String>>(Optional.empty());
      operations.before(_ -> {
        if (Thread.currentThread().equals(caller) && countdown.decrementAndGet() == 0) {
          theirs.set(call(second, call));
          if (fullThen) {
            operations.failBefore(1, Errno.ENOSPC);
          }
        }
      });
      Optional<String> ours = call(first, call);
      operations.before(_ -> {});
      operations.restart();
      if (ours.isPresent() && theirs.get().isPresent()) {
        assertThat(ours).as("interrupted at %d", n).isEqualTo(theirs.get());
      }
      Optional<String> answered = theirs.get().or(() -> ours);
      if (answered.isPresent()) {
        assertThat(whole.apply(answered)).as("answered %s at %d", answered, n).isTrue();
      }
      String id = call(second, call).orElseThrow();
      if (answered.isPresent()) {
        assertThat(id).as("after interruption at %d", n).isEqualTo(answered.get());
      }
      delete(id);
      if (countdown.get() > 0) {
        break;
      }
    }
    second.delete(source);
    List.of(otherVolumes).forEach(second::delete);
    second.awaitNothingLeft();
  }

  private void delete(String id) {
    second.delete(id);
    second.deleteSnapshot(id);
    second.deleteGroup.answer(
        DeleteVolumeGroupSnapshotRequest.newBuilder()
            .setGroupSnapshotId(id)
            .putAllSecrets(SECRETS)
            .build());
  }

  private boolean volumeIsWhole(Optional<String> id, boolean hasParent) {
    try (MemoryPool pool = first.pool()) {
      Optional<String> image = pool.imageId(imageOf(id.orElseThrow()));
      return image.isPresent()
          && pool.imageHeader(image.get()).isPresent()
          && (!hasParent || pool.imageParent(image.get()).isPresent());
    }
  }

  @Test
  void blankVolume_answeredOnceIsNeverTakenBack() throws Exception {
    for (boolean fullThen : new boolean[] {false, true}) {
      source = first.create("pvc-source").getVolume().getVolumeId();
      sweep(
          c -> c.create(request("pvc-1")).getVolumeId(), id -> volumeIsWhole(id, false), fullThen);
    }
  }

  @Test
  void copy_answeredOnceIsNeverTakenBack() throws Exception {
    for (boolean fullThen : new boolean[] {false, true}) {
      source = first.create("pvc-source").getVolume().getVolumeId();
      sweep(
          c -> c.create(copying("pvc-1", source)).getVolumeId(),
          id -> volumeIsWhole(id, true),
          fullThen);
    }
  }

  @Test
  void restored_answeredOnceIsNeverTakenBack() throws Exception {
    String snapshot = first.snapshot("snapshot-1", source);
    sweepOf(snapshot);
  }

  private void sweepOf(String snapshot) throws InterruptedException {
    MemoryOperations operations = first.cluster.operations();
    Thread caller = Thread.currentThread();
    var countdown = new AtomicInteger();
    boolean interrupted = true;
    for (int n = 1; interrupted; n++) {
      countdown.set(n);
      operations.before(_ -> {
        if (Thread.currentThread().equals(caller) && countdown.decrementAndGet() == 0) {
          var _ = call(second, c -> c.create(restoring("pvc-1", snapshot)).getVolumeId());
        }
      });
      var _ = call(first, c -> c.create(restoring("pvc-1", snapshot)).getVolumeId());
      operations.before(_ -> {});
      interrupted = countdown.get() <= 0;
      String id = second.create(restoring("pvc-1", snapshot)).getVolumeId();
      assertThat(volumeIsWhole(Optional.of(id), true)).isTrue();
      second.delete(id);
    }
    second.deleteSnapshot(snapshot);
    second.delete(source);
    second.awaitNothingLeft();
  }

  @Test
  void snapshot_answeredOnceIsNeverTakenBack() throws Exception {
    for (boolean fullThen : new boolean[] {false, true}) {
      source = first.create("pvc-source").getVolume().getVolumeId();
      sweep(c -> c.snapshot("snapshot-1", source), this::snapshotIsWhole, fullThen);
    }
  }

  @Test
  void group_answeredOnceIsNeverTakenBack() throws Exception {
    for (boolean fullThen : new boolean[] {false, true}) {
      source = first.create("pvc-source").getVolume().getVolumeId();
      String other = first.create("pvc-other").getVolume().getVolumeId();
      sweep(c -> group(c, other), this::groupIsWhole, fullThen, other);
    }
  }

  @Test
  void group_undoneByTheOtherMeanwhile_leavesNothing() throws Exception {
    String other = first.create("pvc-other").getVolume().getVolumeId();
    undoneMeanwhile(c -> group(c, other), other);
  }

  private String group(Controller controller, String other) {
    return controller
        .createGroup
        .answer(
            CreateVolumeGroupSnapshotRequest.newBuilder()
                .setName("group-1")
                .addSourceVolumeIds(source)
                .addSourceVolumeIds(other)
                .putParameters("clusterID", "one")
                .putAllSecrets(SECRETS)
                .build())
        .getGroupSnapshot()
        .getGroupSnapshotId();
  }

  private boolean groupIsWhole(Optional<String> id) {
    var group =
        second
            .getGroup
            .answer(
                GetVolumeGroupSnapshotRequest.newBuilder()
                    .setGroupSnapshotId(id.orElseThrow())
                    .putAllSecrets(SECRETS)
                    .build())
            .getGroupSnapshot();
    try (MemoryPool pool = first.pool()) {
      return pool.groups().isEmpty()
          && group.getSnapshotsCount() == 2
          && group.getSnapshotsList().stream()
              .allMatch(s -> snapshotIsWhole(Optional.of(s.getSnapshotId())));
    }
  }

  @Test
  void blankVolume_undoneByTheOtherMeanwhile_leavesNothing() throws Exception {
    undoneMeanwhile(c -> c.create(request("pvc-1")).getVolumeId());
  }

  @Test
  void snapshot_undoneByTheOtherMeanwhile_leavesNothing() throws Exception {
    undoneMeanwhile(c -> c.snapshot("snapshot-1", source));
  }

  /**
   * Before each operation of the first one's call the second takes it over, fails and undoes it.
   */
  private void undoneMeanwhile(Function<Controller, String> call, String... otherVolumes)
      throws InterruptedException {
    MemoryOperations operations = first.cluster.operations();
    Thread caller = Thread.currentThread();
    boolean interrupted = true;
    for (int n = 1; interrupted; n++) {
      var countdown = new AtomicInteger(n);
      operations.before(_ -> {
        if (Thread.currentThread().equals(caller) && countdown.decrementAndGet() == 0) {
          operations.failBefore(2, Errno.ENOSPC); // the first is that it takes over
          var _ = call(second, call);
          operations.restart();
        }
      });
      Optional<String> ours = call(first, call);
      operations.before(_ -> {});
      interrupted = countdown.get() <= 0;
      String id = call.apply(second);
      if (ours.isPresent()) {
        assertThat(id).as("after %d", n).isEqualTo(ours.get());
      }
      delete(id);
    }
    second.resumeAfter = Duration.ZERO; // nobody has any image open any more
    second.restart(new ControllerSettings(false, ""));
    second.delete(source);
    List.of(otherVolumes).forEach(second::delete);
    second.awaitNothingLeft(Duration.ofSeconds(40)); // of many, one after the other
  }

  private boolean snapshotIsWhole(Optional<String> id) {
    try (MemoryPool pool = first.pool()) {
      return pool.imageId("csi-snap-" + Controller.uuidOf(id.orElseThrow()))
          .flatMap(pool::imageParent)
          .isPresent();
    }
  }
}
