package io.cephcsi.csi;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import csi.v1.DeleteVolumeRequest;
import csi.v1.DeleteVolumeResponse;
import csi.v1.GetMetadataAllocatedRequest;
import csi.v1.NodeStageVolumeRequest;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What metrics, traces and the log hear of calls. */
class CallListenerTest {
  private static final DeleteVolumeResponse DONE = DeleteVolumeResponse.getDefaultInstance();
  private static final RpcName DELETE = new RpcName("DeleteVolume", "one");
  private static final Logger LOG = Logger.getLogger("cephcsi");

  private final Notes notes = new Notes();
  private final List<CallLine> lines = new CopyOnWriteArrayList<>();
  private final Handler handler = new Lines(lines);
  private final Calls calls =
      new Calls(new CallSettings(1, 1, Duration.ofMillis(100)), CallListener.of(List.of(notes)));
  private final CountDownLatch began = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);

  @BeforeEach
  void listen() {
    LOG.addHandler(handler);
  }

  @AfterEach
  void close() {
    release.countDown();
    calls.close();
    LOG.removeHandler(handler);
  }

  @Test
  void call_withPhases_isHeardInOrderWithItsCode() throws Exception {
    ask("a", _ -> inPhases()).get(5, TimeUnit.SECONDS);

    assertThat(notes.heard)
        .containsExactly(
            "/csi.v1.Controller/DeleteVolume comes",
            "journal begins",
            "mgr begins",
            "mgr ends",
            "journal ends",
            "OK");
  }

  @Test
  void call_refusedByItself_endsWithTheCode() {
    assertThat(ask("a", _ -> refuse())).failsWithin(Duration.ofSeconds(5));

    assertThat(notes.heard).endsWith("NOT_FOUND");
  }

  @Test
  void call_sameAgainAndTooMany_areHeardAsThat() throws Exception {
    var first = ask("a", _ -> blocked());
    assertThat(began.await(5, TimeUnit.SECONDS)).isTrue();
    var second = ask("a", _ -> blocked());
    var _ = ask("b", _ -> blocked());
    var _ = ask("c", _ -> blocked());

    assertThat(notes.heard).contains("joins", "RESOURCE_EXHAUSTED", "refused QUEUE_FULL");
    assertThat(calls.inFlight()).isEqualTo(2);
    assertThat(calls.oldestAge()).isPositive();
    assertThat(calls.lanes()).containsExactly(new LaneUse("one", 1, 1, 1));
    release.countDown();
    first.get(5, TimeUnit.SECONDS);
    second.get(5, TimeUnit.SECONDS);
  }

  @Test
  void call_whileStopping_isHeardAsRefused() throws Exception {
    calls.drain(Duration.ZERO);

    assertThat(ask("a", _ -> DONE)).failsWithin(Duration.ofSeconds(5));
    assertThat(notes.heard).containsExactly("refused STOPPING");
  }

  @Test
  void call_none_hasNoAge() {
    assertThat(calls.oldestAge()).isZero();
  }

  @Test
  void slowCall_isToldWhileItRunsWithItsPhaseAndAgain() throws Exception {
    var slow = ask("a", _ -> blockedInPhase());
    assertThat(began.await(5, TimeUnit.SECONDS)).isTrue();

    await(() -> lines.size() >= 2);

    assertThat(lines)
        .allSatisfy(line ->
            assertThat(line.toString())
                .contains("Req-ID: a DeleteVolume still runs, in phase journal")
                .endsWith(" ms"));
    release.countDown();
    slow.get(5, TimeUnit.SECONDS);
    await(() -> lines.getLast().code().equals("OK"));
  }

  @Test
  void quickCall_isToldOnce() throws Exception {
    ask("a", _ -> DONE).get(5, TimeUnit.SECONDS);

    await(() -> !lines.isEmpty());
    assertThat(lines).hasSize(1);
    assertThat(lines.getFirst().toString()).matches("ID: 1 Req-ID: a DeleteVolume OK \\d+ ms");
  }

  @Test
  void severalListeners_allHear() {
    var other = new Notes();
    var both = CallListener.of(List.of(notes, other));
    var request = DeleteVolumeRequest.getDefaultInstance();

    var heard = both.comes(DELETE, request);
    try (var _ = heard.begins(Phase.MAP)) {
      both.joins(DELETE, request);
    }
    heard.ends(Status.Code.OK);
    both.refused(DELETE, request, CallListener.Refusal.STOPPING);

    assertThat(other.heard).isEqualTo(notes.heard).hasSize(6);
  }

  @Test
  void path_ofEachService_isWhatGrpcCallsIt() {
    assertThat(new RpcName("NodeStageVolume", "").path(NodeStageVolumeRequest.getDefaultInstance()))
        .isEqualTo("/csi.v1.Node/NodeStageVolume");
    assertThat(
            new RpcName("GetMetadataAllocated", "")
                .path(GetMetadataAllocatedRequest.getDefaultInstance()))
        .isEqualTo("/csi.v1.SnapshotMetadata/GetMetadataAllocated");
  }

  @Test
  void phase_outsideOfACall_isNothing() {
    try (var phase = Phase.MKFS.begin()) {
      assertThat(phase).isSameAs(Phase.UNHEARD);
    }
  }

  private static DeleteVolumeResponse inPhases() {
    try (var _ = Phase.JOURNAL.begin();
        var _ = Phase.MGR.begin()) {
      return DONE;
    }
  }

  private static DeleteVolumeResponse refuse() {
    throw new CsiException.NotFound("volume a is not there");
  }

  private DeleteVolumeResponse blockedInPhase() {
    try (var _ = Phase.JOURNAL.begin()) {
      return blocked();
    }
  }

  private DeleteVolumeResponse blocked() {
    began.countDown();
    try {
      assertThat(release.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return DONE;
  }

  private static void await(java.util.function.BooleanSupplier condition)
      throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(5);
    }
  }

  private CompletableFuture<DeleteVolumeResponse> ask(
      String id, Call<DeleteVolumeRequest, DeleteVolumeResponse> call) {
    var answer = new CompletableFuture<DeleteVolumeResponse>();
    var request = DeleteVolumeRequest.newBuilder().setVolumeId(id).build();
    calls.answer(DELETE, call, request, new Answered(answer));
    return answer;
  }

  private record Answered(CompletableFuture<DeleteVolumeResponse> answer)
      implements StreamObserver<DeleteVolumeResponse> {
    @Override
    public void onNext(DeleteVolumeResponse value) {
      answer.complete(value);
    }

    @Override
    public void onError(Throwable failure) {
      answer.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {}
  }

  /** Writes down all that it hears. */
  private static final class Notes implements CallListener, CallListener.Heard {
    final List<String> heard = new CopyOnWriteArrayList<>(new ArrayList<>());

    @Override
    public Heard comes(RpcName rpc, Message request) {
      heard.add(rpc.path(request) + " comes");
      return this;
    }

    @Override
    public void joins(RpcName rpc, Message request) {
      heard.add("joins");
    }

    @Override
    public void refused(RpcName rpc, Message request, Refusal why) {
      heard.add("refused " + why);
    }

    @Override
    public Phase.Running begins(Phase phase) {
      heard.add(phase.text() + " begins");
      return () -> heard.add(phase.text() + " ends");
    }

    @Override
    public void ends(Status.Code code) {
      heard.add(code.name());
    }
  }

  /** Keeps the lines about calls. */
  private static final class Lines extends Handler {
    private final List<CallLine> lines;

    Lines(List<CallLine> lines) {
      this.lines = lines;
    }

    @Override
    public void publish(LogRecord entry) {
      if (entry.getParameters() != null && entry.getParameters()[0] instanceof CallLine line) {
        lines.add(line);
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
