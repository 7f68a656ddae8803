package io.cephcsi.csi;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** One running call and all the callers that wait for its outcome. */
final class RunningCall<A> {
  private final List<StreamObserver<A>> callers = new ArrayList<>();
  private boolean ended;

  /** Lets a caller wait too; false when the call has ended already. */
  synchronized boolean join(StreamObserver<A> caller) {
    return !ended && callers.add(caller);
  }

  /** Forgets a caller that went away; a call that hangs may see many come and go. */
  synchronized void leave(StreamObserver<A> caller) {
    callers.remove(caller);
  }

  void succeed(A answer) {
    tell(caller -> tell(caller, answer));
  }

  void fail(Status status) {
    tell(caller -> caller.onError(status.asRuntimeException()));
  }

  private static <A> void tell(StreamObserver<A> caller, A answer) {
    caller.onNext(answer);
    caller.onCompleted();
  }

  private void tell(Consumer<StreamObserver<A>> outcome) {
    for (StreamObserver<A> caller : end()) {
      synchronized (caller) {
        outcome.accept(caller);
      }
    }
  }

  private synchronized List<StreamObserver<A>> end() {
    ended = true;
    return List.copyOf(callers);
  }
}
