package io.cephcsi.csi;

import static org.assertj.core.api.Assertions.assertThat;

import csi.v1.DeleteVolumeRequest;
import csi.v1.DeleteVolumeResponse;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CallsTest {
  private static final DeleteVolumeResponse DONE = DeleteVolumeResponse.getDefaultInstance();
  private static final RpcName DELETE = new RpcName("DeleteVolume", "one");

  private final Calls calls = new Calls(new CallSettings(1, 1));
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger runs = new AtomicInteger();

  @AfterEach
  void close() {
    release.countDown();
    calls.close();
  }

  @Test
  void answer_sameRequestTwiceAtOnce_runsOnceAndAnswersBoth() throws Exception {
    var first = ask(DELETE, "a", this::blocked);
    var second = ask(DELETE, "a", this::blocked);
    release.countDown();

    assertThat(first.get(5, TimeUnit.SECONDS)).isEqualTo(DONE);
    assertThat(second.get(5, TimeUnit.SECONDS)).isEqualTo(DONE);
    assertThat(runs).hasValue(1);
  }

  @Test
  void answer_sameRequestAfterTheFirstEnded_runsAgain() throws Exception {
    release.countDown();

    ask(DELETE, "a", this::blocked).get(5, TimeUnit.SECONDS);
    ask(DELETE, "a", this::blocked).get(5, TimeUnit.SECONDS);

    assertThat(runs).hasValue(2);
  }

  @Test
  void answer_oneLaneHangs_theOtherGoesOn() throws Exception {
    var hanging = ask(DELETE, "a", this::blocked);

    var other = ask(new RpcName("DeleteVolume", "two"), "b", _ -> DONE);

    assertThat(other.get(5, TimeUnit.SECONDS)).isEqualTo(DONE);
    assertThat(hanging).isNotDone();
  }

  @Test
  void answer_laneIsFull_isResourceExhausted() throws Exception {
    var _ = ask(DELETE, "a", this::blocked);
    var _ = ask(DELETE, "b", this::blocked);

    var third = ask(DELETE, "c", this::blocked);

    assertThat(code(third)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  @Test
  void answer_asManyAsALaneHasThreads_allRunAtOnce() throws Exception {
    int threads = 16;
    var allRun = new CountDownLatch(threads);
    try (var wide = new Calls(new CallSettings(threads, 0))) {
      List<CompletableFuture<DeleteVolumeResponse>> asked = new ArrayList<>();
      for (int n = 0; n < threads; n++) {
        asked.add(ask(wide, DELETE, "volume-" + n, _ -> meet(allRun)));
      }

      for (var one : asked) {
        assertThat(one.get(10, TimeUnit.SECONDS)).isEqualTo(DONE);
      }
    }
  }

  /** What is known of ceph-csi as C20. */
  @Test
  void c20_callsAtOnce_haveNumbersOfTheirOwn() throws Exception {
    int threads = 16;
    int rounds = 20;
    Set<Long> numbers = ConcurrentHashMap.newKeySet();
    try (var wide = new Calls(new CallSettings(threads, rounds * threads))) {
      List<CompletableFuture<DeleteVolumeResponse>> asked = new ArrayList<>();
      for (int n = 0; n < rounds * threads; n++) {
        asked.add(ask(wide, DELETE, "volume-" + n, _ -> numbered(numbers)));
      }
      for (var one : asked) {
        assertThat(one.get(10, TimeUnit.SECONDS)).isEqualTo(DONE);
      }
    }

    assertThat(numbers).hasSize(rounds * threads).doesNotContain(0L);
  }

  private static DeleteVolumeResponse numbered(Set<Long> numbers) {
    numbers.add(RequestId.current());
    return DONE;
  }

  /** What is known of ceph-csi as W1: there each repeated call is refused for ever. */
  @Test
  void w1_callThatHangs_isJoinedByTheRepeatedOneAndHindersNoOther() throws Exception {
    var first = ask(DELETE, "a", this::blocked);
    var other = ask(new RpcName("DeleteVolume", "two"), "b", _ -> DONE);
    assertThat(other.get(5, TimeUnit.SECONDS)).isEqualTo(DONE);
    var repeated = ask(DELETE, "a", this::blocked);
    assertThat(first).isNotDone();
    assertThat(repeated).isNotDone();

    release.countDown();

    assertThat(first.get(5, TimeUnit.SECONDS)).isEqualTo(DONE);
    assertThat(repeated.get(5, TimeUnit.SECONDS)).isEqualTo(DONE);
  }

  private static DeleteVolumeResponse meet(CountDownLatch all) {
    all.countDown();
    try {
      assertThat(all.await(5, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return DONE;
  }

  @Test
  void answer_workForAfterTheAnswer_isDoneWhenTheCallerHasIt() throws Exception {
    var answered = new CountDownLatch(1);
    var doneAfter = new CompletableFuture<Boolean>();

    ask(DELETE, "a", _ -> putOff(() -> doneAfter.complete(awaits(answered))))
        .get(5, TimeUnit.SECONDS);
    answered.countDown();

    assertThat(doneAfter.get(5, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void answer_workAfterTheAnswerFails_answerStandsAndTheRestIsDone() throws Exception {
    var rest = new CompletableFuture<Boolean>();

    var answer =
        ask(
            DELETE,
            "a",
            _ -> {
              var _ = putOff(() -> notFound(DeleteVolumeRequest.getDefaultInstance()));
              return putOff(() -> rest.complete(true));
            });

    assertThat(answer.get(5, TimeUnit.SECONDS)).isEqualTo(DONE);
    assertThat(rest.get(5, TimeUnit.SECONDS)).isTrue();
  }

  private static DeleteVolumeResponse putOff(Runnable work) {
    AfterAnswer.run(work);
    return DONE;
  }

  private static boolean awaits(CountDownLatch latch) {
    try {
      return latch.await(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Test
  void answer_refusal_hasItsCodeAndMessage() throws Exception {
    var refused = ask(DELETE, "a", CallsTest::notFound);

    assertThat(code(refused)).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(refused.exceptionNow()).hasMessageContaining("volume a is not there");
  }

  @Test
  void answer_bug_isInternalAndTheNextCallRuns() throws Exception {
    var bug = ask(DELETE, "a", CallsTest::bug);

    assertThat(code(bug)).isEqualTo(Status.Code.INTERNAL);
    assertThat(ask(DELETE, "b", _ -> DONE).get(5, TimeUnit.SECONDS)).isEqualTo(DONE);
  }

  @Test
  void callerPatience_isWhatIsLeftOfTheCallersDeadline() throws Exception {
    var told = new CompletableFuture<Duration>();
    var timer = Executors.newSingleThreadScheduledExecutor();
    try (var caller = Context.current().withDeadlineAfter(20, TimeUnit.SECONDS, timer)) {
      var _ = caller.call(() -> ask(DELETE, "a", _ -> noted(told)).get(5, TimeUnit.SECONDS));
    } finally {
      timer.shutdownNow();
    }

    assertThat(told.get()).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(20));
    var unbound = new CompletableFuture<Duration>();
    ask(DELETE, "a", _ -> noted(unbound)).get(5, TimeUnit.SECONDS);
    assertThat(unbound.get()).isEqualTo(Duration.ofMinutes(1));
    assertThat(CallerPatience.atMost(Duration.ofMinutes(1))).isEqualTo(Duration.ofMinutes(1));
  }

  private static DeleteVolumeResponse noted(CompletableFuture<Duration> patience) {
    patience.complete(CallerPatience.atMost(Duration.ofMinutes(1)));
    return DONE;
  }

  /** What is known of ceph-csi as W6. */
  @Test
  void drain_waitsForRunningCallsAndRefusesNewOnes() throws Exception {
    var running = ask(DELETE, "a", this::blocked);
    var drained = CompletableFuture.runAsync(this::drain);
    while (!calls.draining()) {
      Thread.onSpinWait();
    }

    assertThat(code(ask(DELETE, "b", _ -> DONE))).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(drained).isNotDone();
    release.countDown();
    drained.get(5, TimeUnit.SECONDS);
    assertThat(running.get(5, TimeUnit.SECONDS)).isEqualTo(DONE);
  }

  private void drain() {
    try {
      calls.drain(Duration.ofSeconds(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private DeleteVolumeResponse blocked(DeleteVolumeRequest request) {
    runs.incrementAndGet();
    try {
      assertThat(release.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return DONE;
  }

  private static DeleteVolumeResponse notFound(DeleteVolumeRequest request) {
    throw new CsiException.NotFound("volume " + request.getVolumeId() + " is not there");
  }

  private static DeleteVolumeResponse bug(DeleteVolumeRequest request) {
    throw new IllegalStateException("a bug");
  }

  private static Status.Code code(CompletableFuture<?> answer) {
    try {
      answer.handle((_, _) -> 0).get(5, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return ((StatusRuntimeException) answer.exceptionNow()).getStatus().getCode();
  }

  private CompletableFuture<DeleteVolumeResponse> ask(
      RpcName rpc, String id, Call<DeleteVolumeRequest, DeleteVolumeResponse> call) {
    return ask(calls, rpc, id, call);
  }

  private static CompletableFuture<DeleteVolumeResponse> ask(
      Calls calls, RpcName rpc, String id, Call<DeleteVolumeRequest, DeleteVolumeResponse> call) {
    var answer = new CompletableFuture<DeleteVolumeResponse>();
    var request = DeleteVolumeRequest.newBuilder().setVolumeId(id).build();
    calls.answer(rpc, call, request, observer(answer));
    return answer;
  }

  private static StreamObserver<DeleteVolumeResponse> observer(
      CompletableFuture<DeleteVolumeResponse> answer) {
    return new StreamObserver<>() {
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
    };
  }
}
