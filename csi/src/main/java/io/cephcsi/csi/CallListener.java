package io.cephcsi.csi;

import com.google.protobuf.Message;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.List;

/**
 * Hears what becomes of calls, for metrics and traces. It is told on the threads of gRPC and of the
 * calls, so it neither blocks nor throws.
 */
public interface CallListener extends AutoCloseable {
  /** Why a call was refused before it began. */
  enum Refusal {
    /** As many calls of its cluster wait as may. */
    QUEUE_FULL,
    /** The driver is about to end. */
    STOPPING
  }

  /** Hears of one call. */
  interface Heard {
    /** The call, on its own thread, begins a phase; the answer is closed at the phase's end. */
    Phase.Running begins(Phase phase);

    /** The call has its outcome. */
    void ends(Status.Code code);
  }

  /** A call has come that is not the same as a running one; on gRPC's thread, in its context. */
  Heard comes(RpcName rpc, Message request);

  /** A call is the same as a running one, and waits for its outcome. */
  void joins(RpcName rpc, Message request);

  /** A call is not taken, because of this; one for which there is no room has come, and ended. */
  void refused(RpcName rpc, Message request, Refusal why);

  /** What the server asks before each call, to see the headers that the caller sent along. */
  default List<ServerInterceptor> interceptors() {
    return List.of();
  }

  /** No more calls come. */
  @Override
  default void close() {}

  /** Tells all of them; of none, nobody. */
  static CallListener of(List<CallListener> listeners) {
    return switch (listeners.size()) {
      case 0 -> new Unheard();
      case 1 -> listeners.getFirst();
      default -> new CallListeners(listeners);
    };
  }
}
