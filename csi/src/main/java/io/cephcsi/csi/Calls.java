package io.cephcsi.csi;

import com.google.protobuf.Message;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The running calls: where gRPC's requests become {@link Call}s on threads that may block.
 *
 * <ul>
 *   <li>A request that is the same as a running one joins it and gets its outcome.
 *   <li>When a caller's deadline passes, the caller gets DEADLINE_EXCEEDED (from gRPC) and the work
 *       goes on: the repeated call joins it or finds what it made.
 *   <li>The work of one lane cannot use up the threads of another.
 *   <li>A failure becomes a gRPC status here and nowhere else, and is logged once.
 * </ul>
 */
public final class Calls implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  /** How long a caller may take no answer of a stream, which keeps a thread and holds names. */
  private static final Duration STREAM_PATIENCE = Duration.ofMinutes(2);

  /** What makes two requests the same. */
  private record Wish(String method, Message request) {}

  private final ConcurrentHashMap<Wish, RunningCall<?>> running = new ConcurrentHashMap<>();
  private final AtomicLong numbers = new AtomicLong();
  private final Lanes lanes;
  private final RunningCalls inProgress;
  private final CallListener listener;
  private final Duration streamPatience;
  private volatile boolean draining;

  public Calls(CallSettings settings) {
    this(settings, CallListener.of(List.of()));
  }

  /**
   * @param listener hears of every call
   */
  public Calls(CallSettings settings, CallListener listener) {
    this(settings, listener, STREAM_PATIENCE);
  }

  Calls(CallSettings settings, CallListener listener, Duration streamPatience) {
    this.lanes = new Lanes(settings);
    this.inProgress = new RunningCalls(LOG, settings.slow());
    this.listener = listener;
    this.streamPatience = streamPatience;
  }

  /** Answers a request on a thread of its lane; returns at once. */
  public <Q extends Message, A extends Message> void answer(
      RpcName rpc, Call<Q, A> call, Q request, StreamObserver<A> observer) {
    if (draining) {
      refuse(rpc, request, observer);
      return;
    }
    var wish = new Wish(rpc.method(), request);
    var made = new RunningCall<A>();
    @SuppressWarnings("unchecked") // the method is part of the wish, and decides the answer's type
    var joined = (RunningCall<A>) running.computeIfAbsent(wish, _ -> made);
    if (!joined.join(observer)) {
      answer(rpc, call, request, observer); // it ended just now
      return;
    }
    leaveWhenCancelled(observer, joined);
    if (joined == made) {
      start(wish, begin(rpc, request), made, call, request);
    } else {
      listener.joins(rpc, request);
    }
  }

  private CallProgress begin(RpcName rpc, Message request) {
    var progress =
        new CallProgress(numbers.incrementAndGet(), rpc, request, listener.comes(rpc, request));
    inProgress.add(progress);
    return progress;
  }

  private <Q extends Message, A extends Message> void start(
      Wish wish, CallProgress progress, RunningCall<A> running, Call<Q, A> call, Q request) {
    try {
      lanes.run(progress.rpc().lane(), () -> run(wish, progress, running, call, request));
    } catch (CsiException.ResourceExhausted e) {
      this.running.remove(wish);
      queueIsFull(progress);
      running.fail(CsiException.statusOf(e));
    }
  }

  private <Q extends Message, A extends Message> void run(
      Wish wish, CallProgress progress, RunningCall<A> running, Call<Q, A> call, Q request) {
    var after = new AfterAnswer();
    ScopedValue.where(CallProgress.CURRENT, progress)
        .where(AfterAnswer.CURRENT, after)
        .run(() -> answer(wish, progress, running, call, request));
    after.run();
  }

  // The one place that catches everything: a failure of any kind is the caller's to know.
  private <Q extends Message, A extends Message> void answer(
      Wish wish, CallProgress progress, RunningCall<A> running, Call<Q, A> call, Q request) {
    var log = new CallLog(LOG, progress);
    log.begun();
    try {
      A answer = call.answer(request);
      this.running.remove(wish);
      end(progress, Status.OK);
      running.succeed(answer);
      log.answered(answer); // the caller need not wait for it
    } catch (Throwable e) {
      Status status = CsiException.statusOf(e);
      this.running.remove(wish);
      end(progress, status);
      log.failed(e);
      running.fail(status);
    }
  }

  private void end(CallProgress progress, Status status) {
    if (inProgress.remove(progress)) {
      progress.ended(status.getCode());
    }
  }

  private void queueIsFull(CallProgress progress) {
    end(progress, Status.RESOURCE_EXHAUSTED);
    listener.refused(progress.rpc(), progress.request(), CallListener.Refusal.QUEUE_FULL);
  }

  /**
   * Answers a request with a stream, on a thread of its lane; returns at once. Each caller has a
   * stream of its own, and a caller that goes away ends it.
   */
  public <Q extends Message, A extends Message> void stream(
      RpcName rpc, StreamedCall<Q, A> call, Q request, StreamObserver<A> observer) {
    var stream = new RunningStream<>((ServerCallStreamObserver<A>) observer, streamPatience);
    if (draining) {
      refuse(rpc, request, observer);
      return;
    }
    CallProgress progress = begin(rpc, request);
    try {
      lanes.run(rpc.lane(), () -> run(progress, stream, call, request));
    } catch (CsiException.ResourceExhausted e) {
      queueIsFull(progress);
      observer.onError(CsiException.statusOf(e).asRuntimeException());
    }
  }

  private <Q extends Message, A extends Message> void run(
      CallProgress progress, RunningStream<A> stream, StreamedCall<Q, A> call, Q request) {
    ScopedValue.where(CallProgress.CURRENT, progress)
        .run(() -> answer(progress, stream, call, request));
  }

  // As for a single answer: a failure of any kind is the caller's to know.
  private <Q extends Message, A extends Message> void answer(
      CallProgress progress, RunningStream<A> stream, StreamedCall<Q, A> call, Q request) {
    var log = new CallLog(LOG, progress);
    log.begun();
    try {
      call.answer(request, stream);
      end(progress, Status.OK);
      stream.succeed();
      log.answered();
    } catch (Throwable e) {
      Status status = CsiException.statusOf(e);
      end(progress, status);
      log.failed(e);
      stream.fail(status);
    }
  }

  /** Whether calls are still taken. */
  public boolean draining() {
    return draining;
  }

  /** How many calls run or wait for a thread. */
  public int inFlight() {
    return inProgress.size();
  }

  /** How long the oldest of them is there; zero when there is none. */
  public Duration oldestAge() {
    return inProgress.oldestAge();
  }

  /** How busy the threads of each lane are. */
  public List<LaneUse> lanes() {
    return lanes.use();
  }

  /** Refuses new calls from now on, and waits until the running ones have ended or time is up. */
  public void drain(Duration grace) throws InterruptedException {
    draining = true;
    long end = System.nanoTime() + grace.toNanos();
    while (inFlight() > 0 && System.nanoTime() < end) {
      Thread.sleep(10);
    }
  }

  @Override
  public void close() {
    draining = true;
    inProgress.close();
    lanes.close();
  }

  /** A caller that went away is no error: the work goes on without it. */
  private static <A> void leaveWhenCancelled(StreamObserver<A> observer, RunningCall<A> running) {
    if (observer instanceof ServerCallStreamObserver<?> server) {
      server.setOnCancelHandler(() -> running.leave(observer));
    }
  }

  private void refuse(RpcName rpc, Message request, StreamObserver<?> observer) {
    listener.refused(rpc, request, CallListener.Refusal.STOPPING);
    var refusal = new CsiException.Unavailable("the driver is stopping, ask again", null);
    observer.onError(CsiException.statusOf(refusal).asRuntimeException());
  }
}
