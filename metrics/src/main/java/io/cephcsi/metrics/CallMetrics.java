package io.cephcsi.metrics;

import com.google.protobuf.Message;
import io.cephcsi.csi.CallListener;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.RpcName;
import io.grpc.Status;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Counts and times calls and their phases. */
public final class CallMetrics implements CallListener {
  private static final double NANOS = 1e9;

  private final Histogram operations;
  private final Histogram phases;
  private final Counter joined;
  private final Counter refused;

  public CallMetrics(Metrics metrics) {
    this.operations = metrics.histogram(Metric.OPERATIONS);
    this.phases = metrics.histogram(Metric.PHASES);
    this.joined = metrics.counter(Metric.JOINED);
    this.refused = metrics.counter(Metric.REFUSED);
  }

  @Override
  public Heard comes(RpcName rpc, Message request) {
    return new Timed(rpc.path(request), System.nanoTime());
  }

  @Override
  public void joins(RpcName rpc, Message request) {
    joined.labelValues(rpc.path(request)).inc();
  }

  @Override
  public void refused(RpcName rpc, Message request, Refusal why) {
    refused.labelValues(rpc.path(request), why.name().toLowerCase(Locale.ROOT)).inc();
  }

  private final class Timed implements Heard {
    private final String method;
    private final long came;

    Timed(String method, long came) {
      this.method = method;
      this.came = came;
    }

    @Override
    public Phase.Running begins(Phase phase) {
      long began = System.nanoTime();
      return () -> phases.labelValues(method, phase.text()).observe(secondsSince(began));
    }

    @Override
    public void ends(Status.Code code) {
      operations.labelValues(method, goName(code)).observe(secondsSince(came));
    }
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / NANOS;
  }

  /** As the sidecars, which are written in Go, spell it: {@code DeadlineExceeded}. */
  static String goName(Status.Code code) {
    return switch (code) {
      case OK -> "OK";
      case CANCELLED -> "Canceled";
      default ->
          Arrays.stream(code.name().split("_", -1))
              .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
              .collect(Collectors.joining());
    };
  }
}
