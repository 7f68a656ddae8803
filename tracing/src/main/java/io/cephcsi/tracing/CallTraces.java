package io.cephcsi.tracing;

import com.google.protobuf.Message;
import io.cephcsi.csi.CallListener;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.RpcName;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A span for each call, within the caller's where the caller says which, and one for each phase
 * within it. Where they are sent is what OpenTelemetry's environment variables say.
 */
public final class CallTraces implements CallListener {
  private static final int FLUSH_SECONDS = 3;

  private final OpenTelemetrySdk sdk;
  private final Tracer tracer;

  /** As the environment says. */
  public CallTraces() {
    this(Map.of());
  }

  /**
   * @param properties the environment's, as OpenTelemetry's properties; the environment itself
   *     comes first
   */
  CallTraces(Map<String, String> properties) {
    Map<String, String> defaults =
        new HashMap<>(
            Map.of(
                "otel.service.name", "cephcsi",
                "otel.metrics.exporter", "none",
                "otel.logs.exporter", "none"));
    defaults.putAll(properties);
    this.sdk =
        AutoConfiguredOpenTelemetrySdk.builder()
            .addPropertiesSupplier(() -> defaults)
            .disableShutdownHook() // it would not wait for the calls that the driver still ends
            .build()
            .getOpenTelemetrySdk();
    this.tracer = sdk.getTracer("io.cephcsi");
  }

  @Override
  public List<ServerInterceptor> interceptors() {
    return List.of(new CallerContext(sdk.getPropagators().getTextMapPropagator()));
  }

  @Override
  public Heard comes(RpcName rpc, Message request) {
    String path = rpc.path(request).substring(1);
    Context parent = CallerContext.current();
    Span span =
        tracer
            .spanBuilder(path)
            .setParent(parent)
            .setSpanKind(SpanKind.SERVER)
            .setAttribute("rpc.system", "grpc")
            .setAttribute("rpc.service", path.substring(0, path.indexOf('/')))
            .setAttribute("rpc.method", rpc.method())
            .setAttribute("cephcsi.volume", RpcName.subject(request))
            .setAttribute("cephcsi.cluster", rpc.lane())
            .startSpan();
    return new Traced(span, parent.with(span));
  }

  @Override
  public void joins(RpcName rpc, Message request) {}

  @Override
  public void refused(RpcName rpc, Message request, Refusal why) {}

  /** Sends what is there yet. */
  @Override
  public void close() {
    var _ = sdk.shutdown().join(FLUSH_SECONDS, TimeUnit.SECONDS);
  }

  private final class Traced implements Heard {
    private final Span call;
    private Context innermost;

    Traced(Span call, Context context) {
      this.call = call;
      this.innermost = context;
    }

    @Override
    public Phase.Running begins(Phase phase) {
      Context outer = innermost;
      Span span = tracer.spanBuilder(phase.text()).setParent(outer).startSpan();
      innermost = outer.with(span);
      return () -> end(span, outer);
    }

    private void end(Span span, Context outer) {
      span.end();
      innermost = outer;
    }

    @Override
    public void ends(Status.Code code) {
      call.setAttribute("rpc.grpc.status_code", code.value());
      if (code != Status.Code.OK) {
        call.setStatus(StatusCode.ERROR, code.name());
      }
      call.end();
    }
  }
}
