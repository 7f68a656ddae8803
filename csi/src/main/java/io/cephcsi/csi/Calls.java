package io.cephcsi.csi;

import com.google.protobuf.Message;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
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
  private final AtomicInteger streams = new AtomicInteger();
  private final AtomicLong numbers = new AtomicLong();
  private final Lanes lanes;
  private volatile boolean draining;

  public Calls(CallSettings settings) {
    this.lanes = new Lanes(settings);
  }

  /** Answers a request on a thread of its lane; returns at once. */
  public <Q extends Message, A extends Message> void answer(
      RpcName rpc, Call<Q, A> call, Q request, StreamObserver<A> observer) {
    ignoreCancel(observer);
    if (draining) {
      refuse(observer, new CsiException.Unavailable("the driver is stopping, ask again", null));
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
    if (joined == made) {
      start(wish, rpc.lane(), made, call, request);
    }
  }

  private <Q extends Message, A extends Message> void start(
      Wish wish, String lane, RunningCall<A> running, Call<Q, A> call, Q request) {
    try {
      lanes.run(lane, () -> run(wish, running, call, request));
    } catch (CsiException.ResourceExhausted e) {
      this.running.remove(wish);
      running.fail(CsiException.statusOf(e));
    }
  }

  private <Q extends Message, A extends Message> void run(
      Wish wish, RunningCall<A> running, Call<Q, A> call, Q request) {
    var after = new AfterAnswer();
    ScopedValue.where(RequestId.CURRENT, numbers.incrementAndGet())
        .where(AfterAnswer.CURRENT, after)
        .run(() -> answer(wish, running, call, request));
    after.run();
  }

  // The one place that catches everything: a failure of any kind is the caller's to know.
  private <Q extends Message, A extends Message> void answer(
      Wish wish, RunningCall<A> running, Call<Q, A> call, Q request) {
    var log = new CallLog(LOG, wish.method(), request);
    try {
      A answer = call.answer(request);
      this.running.remove(wish);
      running.succeed(answer);
      log.answered(); // the caller need not wait for it
    } catch (Throwable e) {
      this.running.remove(wish);
      log.failed(e);
      running.fail(CsiException.statusOf(e));
    }
  }

  /**
   * Answers a request with a stream, on a thread of its lane; returns at once. Each caller has a
   * stream of its own, and a caller that goes away ends it.
   */
  public <Q extends Message, A extends Message> void stream(
      RpcName rpc, StreamedCall<Q, A> call, Q request, StreamObserver<A> observer) {
    var stream = new RunningStream<>((ServerCallStreamObserver<A>) observer, STREAM_PATIENCE);
    if (draining) {
      refuse(observer, new CsiException.Unavailable("the driver is stopping, ask again", null));
      return;
    }
    streams.incrementAndGet();
    try {
      lanes.run(rpc.lane(), () -> run(rpc, stream, call, request));
    } catch (CsiException.ResourceExhausted e) {
      streams.decrementAndGet();
      refuse(observer, e);
    }
  }

  private <Q extends Message, A extends Message> void run(
      RpcName rpc, RunningStream<A> stream, StreamedCall<Q, A> call, Q request) {
    ScopedValue.where(RequestId.CURRENT, numbers.incrementAndGet())
        .run(() -> answer(rpc, stream, call, request));
  }

  // As for a single answer: a failure of any kind is the caller's to know.
  private <Q extends Message, A extends Message> void answer(
      RpcName rpc, RunningStream<A> stream, StreamedCall<Q, A> call, Q request) {
    var log = new CallLog(LOG, rpc.method(), request);
    try {
      call.answer(request, stream);
      streams.decrementAndGet();
      stream.succeed();
      log.answered();
    } catch (Throwable e) {
      streams.decrementAndGet();
      log.failed(e);
      stream.fail(CsiException.statusOf(e));
    }
  }

  /** Whether calls are still taken. */
  public boolean draining() {
    return draining;
  }

  /** How many calls run or wait for a thread. */
  public int inFlight() {
    return running.size() + streams.get();
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
    lanes.close();
  }

  /** A caller that went away is no error: the work goes on without it. */
  private static void ignoreCancel(StreamObserver<?> observer) {
    if (observer instanceof ServerCallStreamObserver<?> server) {
      server.setOnCancelHandler(() -> {});
    }
  }

  private static void refuse(StreamObserver<?> observer, CsiException refusal) {
    observer.onError(CsiException.statusOf(refusal).asRuntimeException());
  }
}
