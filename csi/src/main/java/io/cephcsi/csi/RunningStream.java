package io.cephcsi.csi;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;

/**
 * One running call with many answers, and its caller. Answers are sent as fast as the caller takes
 * them, so that they do not pile up in memory.
 */
final class RunningStream<A> implements StreamedCall.Answers<A> {
  private final ServerCallStreamObserver<A> caller;
  private final Duration patience;
  private boolean gone;

  /** To be made before gRPC's handler returns, since it takes no call-backs later. */
  RunningStream(ServerCallStreamObserver<A> caller, Duration patience) {
    this.caller = caller;
    this.patience = patience;
    caller.setOnReadyHandler(this::wake);
    caller.setOnCancelHandler(this::cancelled);
  }

  private synchronized void wake() {
    notifyAll();
  }

  private synchronized void cancelled() {
    gone = true;
    notifyAll();
  }

  @Override
  public void send(A answer) {
    awaitReady();
    caller.onNext(answer);
  }

  private synchronized void awaitReady() {
    long end = System.nanoTime() + patience.toNanos();
    try {
      while (!gone && !caller.isReady()) {
        long millis = (end - System.nanoTime()) / 1_000_000;
        if (millis <= 0) {
          throw new CsiException.Aborted(
              "the caller took no answer for %d s, and others wait for the thread: go on behind the last one"
                  .formatted(patience.toSeconds()));
        }
        wait(millis);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CsiException.Aborted(
          "the driver is stopping, with answers still to come: go on behind the last one");
    }
    requireCaller();
  }

  @Override
  public synchronized void requireCaller() {
    if (gone) {
      throw new CsiException.Aborted("the caller went away: the call can be repeated");
    }
  }

  void succeed() {
    if (!isGone()) {
      caller.onCompleted();
    }
  }

  void fail(Status status) {
    if (!isGone()) {
      caller.onError(status.asRuntimeException());
    }
  }

  private synchronized boolean isGone() {
    return gone;
  }
}
