package io.cephcsi.tracing;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import org.jspecify.annotations.Nullable;

/** Takes the caller's span out of the headers of its call, {@code traceparent} mostly. */
record CallerContext(TextMapPropagator propagator) implements ServerInterceptor {
  private static final Context.Key<io.opentelemetry.context.Context> CALLER =
      Context.key("cephcsi-trace");

  /** What the call that gRPC handles on this thread is part of; the root when of nothing. */
  static io.opentelemetry.context.Context current() {
    io.opentelemetry.context.Context caller = CALLER.get();
    return caller == null ? io.opentelemetry.context.Context.root() : caller;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    var caller =
        propagator.extract(io.opentelemetry.context.Context.root(), headers, Headers.GETTER);
    return Contexts.interceptCall(Context.current().withValue(CALLER, caller), call, headers, next);
  }

  private enum Headers implements TextMapGetter<Metadata> {
    GETTER;

    @Override
    public @Nullable String get(@Nullable Metadata headers, String key) {
      return headers == null
          ? null
          : headers.get(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER));
    }
  }
}
