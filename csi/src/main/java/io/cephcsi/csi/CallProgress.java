package io.cephcsi.csi;

import com.google.protobuf.Message;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One call from when it came to its outcome: what logs, metrics and traces tell of it. */
final class CallProgress {
  static final ScopedValue<CallProgress> CURRENT = ScopedValue.newInstance();

  private final long number;
  private final RpcName rpc;
  private final Message request;
  private final CallListener.Heard heard;
  private final long came = System.nanoTime();

  /** The caller's, on whose thread of gRPC this is made. */
  private final @Nullable Deadline deadline = Context.current().getDeadline();

  private final Deque<Phase> phases = new ArrayDeque<>();
  private long slowLines;

  CallProgress(long number, RpcName rpc, Message request, CallListener.Heard heard) {
    this.number = number;
    this.rpc = rpc;
    this.request = request;
    this.heard = heard;
  }

  long number() {
    return number;
  }

  RpcName rpc() {
    return rpc;
  }

  Message request() {
    return request;
  }

  /** Since it came, also while it waits for a thread. */
  Duration age() {
    return Duration.ofNanos(System.nanoTime() - came);
  }

  /** Until the caller's deadline, but at most that long. */
  Duration patience(Duration most) {
    if (deadline == null) {
      return most;
    }
    long left = Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS));
    return Duration.ofNanos(Math.min(left, most.toNanos()));
  }

  Phase.Running begin(Phase phase) {
    Phase.Running running = heard.begins(phase);
    push(phase);
    return () -> end(running);
  }

  private void end(Phase.Running running) {
    pop();
    running.close();
  }

  private synchronized void push(Phase phase) {
    phases.push(phase);
  }

  private synchronized void pop() {
    phases.pop();
  }

  /** The innermost phase that it is in. */
  synchronized Optional<Phase> phase() {
    return Optional.ofNullable(phases.peek());
  }

  /** Whether one more interval has passed since it came, or since the last time this was so. */
  boolean slowAgain(Duration interval) {
    long passed = age().dividedBy(interval);
    boolean again = passed > slowLines;
    slowLines = passed;
    return again;
  }

  void ended(Status.Code code) {
    heard.ends(code);
  }
}
