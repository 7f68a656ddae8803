package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.Message;
import csi.v1.CapacityRange;
import csi.v1.ControllerGetVolumeRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.CreateVolumeResponse;
import csi.v1.DeleteVolumeRequest;
import csi.v1.GetCapacityRequest;
import csi.v1.GetSnapshotRequest;
import csi.v1.ListSnapshotsRequest;
import csi.v1.ListVolumesRequest;
import csi.v1.ValidateVolumeCapabilitiesRequest;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.VolumeSource;
import io.cephcsi.ceph.Processes;
import io.cephcsi.e2e.VolumeLife.Step;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The controller of CephFS when the manager is killed in the middle of every call, when it hangs,
 * and when no metadata server serves the filesystem: each call ends in time and says what is wrong,
 * and repeated later it has its usual outcome.
 */
class CephFsTroubleIT {
  /** The driver waits half a minute for the manager, and may then ask the monitors why. */
  private static final Duration IN_TIME = Duration.ofSeconds(40);

  /** A call that makes a copy waits this long for it besides. */
  private static final Duration COPIED = Duration.ofSeconds(20);

  /** For a call of which it is known already that it cannot be answered. */
  private static final Duration AT_ONCE = Duration.ofSeconds(3);

  private static final int ASKED = 5;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int CALLERS = 20; // more than a cluster's calls have threads
  private static final long GIB = 1L << 30;

  @TempDir static Path folder;
  private static ThrowawayCeph ceph;
  private static DriverProcess driver;
  private static CephFsRemains remains;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed after all tests
  static void start() throws Exception {
    ceph = ThrowawayCeph.start();
    driver =
        DriverProcess.startCephFs(ceph, "--controllerserver", "--keyring=" + ceph.entry("keyring"));
    remains = new CephFsRemains(ceph, folder);
  }

  @AfterAll
  static void stop() {
    driver.close();
    ceph.close();
  }

  /** Nor has the driver died. */
  @AfterEach
  void nothingIsLeft() throws Exception {
    assertThat(remains.all()).as(Files.readString(driver.log())).isEmpty();
    assertThat(ProcessHandle.of(driver.pid())).isPresent();
  }

  @Test
  void everyCall_managerKilledInTheMiddle_endsAsUsual() throws Exception {
    sweep(8);
  }

  @EnabledIfEnvironmentVariable(
      named = "SLOW",
      matches = "1",
      disabledReason = "it takes minutes: SLOW=1 ./dev e2e -Dit.test=CephFsTroubleIT")
  @ParameterizedTest(name = "killed after {0} ms")
  @ValueSource(ints = {0, 3, 5, 12, 20, 40, 200})
  void everyCall_managerKilledSoonerOrLater_endsAsUsual(int millis) throws Exception {
    sweep(millis);
  }

  private static void sweep(int millis) throws Exception {
    var life = new Life("killed-" + millis);
    for (List<Step> phase : life.phases()) {
      List<CompletableFuture<Outcome>> calls = begin(phase);
      Thread.sleep(millis);
      ceph.kill("mgr");
      try {
        endSessions();
      } finally {
        ceph.startAgain("mgr");
      }
      for (int i = 0; i < phase.size(); i++) {
        Outcome first = calls.get(i).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        String repeated = Orchestrator.run(phase.get(i), driver::client);
        String again = phase.get(i).action().run(driver.client());
        assertThat(first.inTime(IN_TIME.plus(COPIED))).as(first.toString()).isTrue();
        assertThat(again).as(first.call()).isEqualTo(repeated);
        assertThat(first.code() != Status.Code.OK || first.answer().equals(repeated))
            .as("%s, then %s", first, repeated)
            .isTrue();
      }
    }
  }

  /**
   * As a standby's taking over does. Else the metadata server waits a minute for the dead manager
   * wherever the new one wants what that one held.
   */
  private static void endSessions() throws IOException, InterruptedException {
    for (JsonNode session : ask("{\"prefix\":\"session ls\"}")) {
      var _ =
          ask(
              "{\"prefix\":\"session evict\",\"filters\":[\"id=%d\"]}"
                  .formatted(session.path("id").asLong()));
    }
  }

  /** The metadata server of Ceph 18 closes its socket without a word at times. */
  private static JsonNode ask(String question) throws IOException, InterruptedException {
    var server = new AdminSocket(ceph.folder().resolve("run").resolve("mds.a.asok"));
    for (int tries = 1; ; tries++) {
      try {
        return server.ask(question);
      } catch (EOFException e) {
        if (tries == ASKED) {
          throw e;
        }
        Thread.sleep(100);
      }
    }
  }

  private static List<CompletableFuture<Outcome>> begin(List<Step> steps) {
    return steps.stream()
        .map(step ->
            CompletableFuture.supplyAsync(
                () -> outcome(step), task -> Thread.ofVirtual().start(task)))
        .toList();
  }

  @Test
  void everyCaller_managerHangs_isToldInTime_andItsLateAnswersHarmNothing() throws Exception {
    var create = new Creation("hanging");
    var _ = Orchestrator.run(create.step(0), driver::client);
    Processes.stop(ceph.process("mgr").pid());
    try {
      for (Outcome outcome : together(create)) {
        assertThat(outcome.inTime(IN_TIME)).as(outcome.toString()).isTrue();
        assertThat(outcome.code()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(outcome.text()).contains("ceph mgr stat", "filesystem cephfs");
      }
    } finally {
      Processes.resume(ceph.process("mgr").pid());
    }
    create.deleteAll();
  }

  @Test
  void everyCall_metadataServerKilled_isToldInTime_andWorksWhenItIsBack() throws Exception {
    unserved("killed", () -> ceph.kill("mds"), () -> ceph.startAgain("mds"));
  }

  @Test
  void everyCall_fileSystemFailed_isToldInTime_andWorksWhenItJoins() throws Exception {
    var shell = new CephShell(ceph);
    unserved(
        "failed",
        () -> shell.run("ceph fs fail cephfs"),
        () -> shell.run("ceph fs set cephfs joinable true"));
  }

  private interface Event {
    void happen() throws IOException, InterruptedException;
  }

  private static void unserved(String name, Event trouble, Event remedy) throws Exception {
    var life = new Life("unserved-" + name);
    var create = new Creation("more-" + name);
    run(life.making());
    awaitClones();
    trouble.happen();
    try {
      var others = CompletableFuture.supplyAsync(() -> outcome(life.capacityOfAll()));
      for (Outcome outcome : together(create)) {
        assertUnserved(outcome, IN_TIME);
      }
      assertThat(others.get(1, TimeUnit.SECONDS).inTime(AT_ONCE)).isTrue();
      for (Step step : life.needingMetadata()) {
        assertUnserved(outcome(step), AT_ONCE);
      }
    } finally {
      remedy.happen();
    }
    run(List.of(life.reading()));
    run(life.deleting());
    create.deleteAll();
  }

  /**
   * A clone is complete before the manager has forgotten where it came from. Ceph 18, interrupted
   * between the two, writes the source's metadata when it goes on, which may be removed by then.
   */
  private static void awaitClones() throws Exception {
    new CephShell(ceph)
        .run(
            """
            for try in $(seq 100); do
              pending=no
              for s in $(ceph fs subvolume ls cephfs csi --format json | grep -o 'csi-vol-[0-9a-f-]*'); do
                for n in $(ceph fs subvolume snapshot ls cephfs $s csi --format json | grep -o 'csi-[a-z]*-[0-9a-f-]*'); do
                  ceph fs subvolume snapshot info cephfs $s $n csi --format json \
                    | grep -q '"has_pending_clones": *"no"' || pending=yes
                done
              done
              [ $pending = yes ] || exit 0
              sleep 0.2
            done
            exit 1
            """);
  }

  private static void run(List<List<Step>> phases) throws Exception {
    for (List<Step> phase : phases) {
      Orchestrator.together(driver, phase);
    }
  }

  private static void assertUnserved(Outcome outcome, Duration bound) {
    assertThat(outcome.inTime(bound)).as(outcome.toString()).isTrue();
    assertThat(outcome.code()).as(outcome.toString()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(outcome.text())
        .contains("filesystem cephfs has no active metadata server", "ceph fs status cephfs");
  }

  /** How one attempt ended. */
  private record Outcome(String call, Status.Code code, String text, String answer, Duration took) {
    boolean inTime(Duration bound) {
      return took.compareTo(bound) < 0;
    }
  }

  private static Outcome outcome(Step step) {
    long start = System.nanoTime();
    try {
      String answer = step.action().run(driver.client());
      return new Outcome(step.name(), Status.Code.OK, "", answer, since(start));
    } catch (StatusRuntimeException e) {
      String text = String.valueOf(e.getStatus().getDescription());
      return new Outcome(step.name(), e.getStatus().getCode(), text, "", since(start));
    } catch (IOException e) {
      throw new AssertionError(step.name(), e);
    }
  }

  private static Duration since(long start) {
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private static List<Outcome> together(Creation create) {
    List<Step> steps = IntStream.range(0, CALLERS).mapToObj(create::step).toList();
    return begin(steps).stream().map(CompletableFuture::join).toList();
  }

  /** Volumes that are made at the same time. */
  private static final class Creation {
    private final String name;
    private final ConcurrentLinkedQueue<Integer> numbers = new ConcurrentLinkedQueue<>();
    private final VolumeLife of;

    Creation(String name) throws IOException {
      this.name = name;
      this.of = VolumeLife.onCephFs(ceph, name, folder);
    }

    Step step(int number) {
      numbers.add(number);
      return new Step("CreateVolume " + number, client -> make(client, number));
    }

    private String make(CsiClient client, int number) {
      var request =
          CreateVolumeRequest.newBuilder()
              .setName(name + "-" + number)
              .addVolumeCapabilities(of.capability())
              .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(GIB))
              .putAllParameters(of.parameters())
              .putAllSecrets(of.secrets());
      CreateVolumeResponse answer = client.controller().createVolume(request.build());
      return answer.getVolume().getVolumeId();
    }

    /** Makes all that were asked for, as whoever asked for them would, and deletes them. */
    void deleteAll() throws IOException, InterruptedException {
      for (int number : numbers.stream().distinct().toList()) {
        String id = Orchestrator.run(step(number), driver::client);
        var request =
            DeleteVolumeRequest.newBuilder().setVolumeId(id).putAllSecrets(of.secrets()).build();
        var delete =
            new Step(
                "DeleteVolume", client -> client.controller().deleteVolume(request).toString());
        var _ = Orchestrator.run(delete, driver::client);
      }
    }
  }

  /** All that a controller is asked for in the life of a volume, its snapshot and its copies. */
  private static final class Life {
    private final VolumeLife volume;
    private final SnapshotLife snapshot;
    private final VolumeLife restored;
    private final VolumeLife shown;
    private final VolumeLife copy;

    Life(String name) throws IOException {
      volume = VolumeLife.onCephFs(ceph, "pvc-" + name, folder);
      snapshot = new SnapshotLife(volume, "snapshot-" + name);
      restored = volume.copy("restored-" + name, false, snapshot::source);
      shown = volume.copy("shown-" + name, true, snapshot::source);
      copy = volume.copy("copy-" + name, false, this::ofVolume);
    }

    private VolumeContentSource ofVolume() {
      var of = VolumeSource.newBuilder().setVolumeId(volume.volume().getVolumeId());
      return VolumeContentSource.newBuilder().setVolume(of).build();
    }

    /** One after the other; those of a phase at the same time. */
    List<List<Step>> phases() {
      List<List<Step>> phases = new ArrayList<>(making());
      phases.add(reading());
      phases.addAll(deleting());
      return phases;
    }

    List<List<Step>> making() {
      return List.of(
          List.of(named(volume, "CreateVolume")),
          List.of(named(volume, "ControllerExpandVolume")),
          List.of(snapshot.cut()),
          Stream.of(shown, restored, copy).map(each -> named(each, "CreateVolume")).toList());
    }

    List<List<Step>> deleting() {
      return List.of(
          List.of(snapshot.delete()),
          Stream.of(shown, restored, copy, volume)
              .map(each -> named(each, "DeleteVolume"))
              .toList());
    }

    /** What cannot be done while nobody serves the filesystem; nothing is deleted by it. */
    List<Step> needingMetadata() {
      return List.of(
          named(volume, "CreateVolume"),
          named(volume, "DeleteVolume"),
          snapshot.cut(),
          read("ListSnapshots"),
          read("ListVolumes"),
          read("ControllerGetVolume"),
          read("ValidateVolumeCapabilities"),
          read("GetSnapshot"));
    }

    private Step read(String name) {
      return reading().stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
    }

    private static Step named(VolumeLife of, String rpc) {
      return Orchestrator.step(of, rpc);
    }

    Step capacityOfAll() {
      return asked(
          "GetCapacity of all",
          client -> client.controller().getCapacity(GetCapacityRequest.getDefaultInstance()));
    }

    List<Step> reading() {
      return List.of(
          asked(
              "ListVolumes",
              client -> client.controller().listVolumes(ListVolumesRequest.getDefaultInstance())),
          asked(
              "ListSnapshots",
              client ->
                  client.controller().listSnapshots(ListSnapshotsRequest.getDefaultInstance())),
          asked(
              "GetSnapshot",
              client ->
                  client
                      .controller()
                      .getSnapshot(
                          GetSnapshotRequest.newBuilder()
                              .setSnapshotId(snapshot.source().getSnapshot().getSnapshotId())
                              .putAllSecrets(volume.secrets())
                              .build())),
          asked(
              "ControllerGetVolume",
              client ->
                  client
                      .controller()
                      .controllerGetVolume(
                          ControllerGetVolumeRequest.newBuilder()
                              .setVolumeId(volume.volume().getVolumeId())
                              .build())),
          asked(
              "ValidateVolumeCapabilities",
              client ->
                  client
                      .controller()
                      .validateVolumeCapabilities(
                          ValidateVolumeCapabilitiesRequest.newBuilder()
                              .setVolumeId(volume.volume().getVolumeId())
                              .addVolumeCapabilities(volume.capability())
                              .putAllVolumeContext(volume.volume().getVolumeContextMap())
                              .putAllSecrets(volume.secrets())
                              .build())),
          new Step(
              "GetCapacity",
              client ->
                  Boolean.toString(
                      client
                              .controller()
                              .getCapacity(
                                  GetCapacityRequest.newBuilder()
                                      .putAllParameters(volume.parameters())
                                      .build())
                              .getAvailableCapacity()
                          > 0)));
    }

    private interface Question {
      Message ask(CsiClient client);
    }

    private static Step asked(String name, Question question) {
      return new Step(name, client -> question.ask(client).toString());
    }
  }
}
