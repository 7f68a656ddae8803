package io.cephcsi.liveness;

import csi.v1.IdentityGrpc;
import csi.v1.ProbeRequest;
import csi.v1.ProbeResponse;
import io.cephcsi.csi.CsiChannel;
import io.cephcsi.csi.Endpoint;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Asks a driver's Identity service whether it is ready, on a connection of its own each time: one
 * that was lost, or never made, is tried by gRPC less and less often, and a driver that is there
 * again would be found late.
 */
public final class DriverProbe {
  private final Endpoint endpoint;
  private final Duration timeout;

  /**
   * @param endpoint the driver's; nobody need listen there yet
   * @param timeout how long the driver may take to answer
   */
  public DriverProbe(Endpoint endpoint, Duration timeout) {
    this.endpoint = endpoint;
    this.timeout = timeout;
  }

  /**
   * What came of a question.
   *
   * @param trouble why the driver does not work; empty when it does
   * @param answered whether it says that itself: then it is of no use to start it anew
   */
  public record Answer(String trouble, boolean answered) {
    static final Answer FINE = new Answer("", true);
  }

  /** Asks once. */
  public Answer ask() {
    ManagedChannel channel = CsiChannel.to(endpoint).executor(Runnable::run).build();
    try {
      ProbeResponse answer =
          IdentityGrpc.newBlockingStub(channel)
              .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)
              .probe(ProbeRequest.getDefaultInstance());
      // CSI takes an answer that says nothing for ready.
      return answer.hasReady() && !answer.getReady().getValue()
          ? new Answer("it says that it is not ready, its log says why", true)
          : Answer.FINE;
    } catch (StatusRuntimeException e) {
      return new Answer(why(e), false);
    } finally {
      channel.shutdownNow();
    }
  }

  private String why(StatusRuntimeException e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return switch (e.getStatus().getCode()) {
      case DEADLINE_EXCEEDED -> "no answer within %d ms".formatted(timeout.toMillis());
      case UNAVAILABLE -> "it cannot be reached: " + root.getMessage();
      default -> String.valueOf(e.getMessage());
    };
  }
}
