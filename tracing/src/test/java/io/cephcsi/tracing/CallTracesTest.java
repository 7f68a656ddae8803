package io.cephcsi.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import csi.v1.DeleteVolumeRequest;
import io.cephcsi.csi.CallListener;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.RpcName;
import io.grpc.Status;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.time.Duration;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class CallTracesTest {
  private static final RpcName DELETE = new RpcName("DeleteVolume", "one");
  private static final DeleteVolumeRequest REQUEST =
      DeleteVolumeRequest.newBuilder().setVolumeId("v").putSecrets("userKey", "secret").build();

  @Test
  void call_withPhases_isASpanWithSpansWithin() throws Exception {
    try (var collector = new OtlpReceiver()) {
      try (var traces = new CallTraces(sendingTo(collector.url()))) {
        var heard = traces.comes(DELETE, REQUEST);
        try (var _ = heard.begins(Phase.JOURNAL);
            var _ = heard.begins(Phase.CONNECT)) {
          assertThat(collector.spans()).isEmpty();
        }
        try (var _ = heard.begins(Phase.IMAGE)) {
          assertThat(collector.spans()).isEmpty();
        }
        heard.ends(Status.Code.NOT_FOUND);
      }

      Span call = collector.span("csi.v1.Controller/DeleteVolume");
      assertThat(collector.spans()).containsOnlyKeys(call.getName(), "journal", "connect", "image");
      assertThat(call.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
      assertThat(call.getParentSpanId()).isEqualTo(ByteString.EMPTY);
      assertThat(call.getAttributesList().stream().map(KeyValue::getKey))
          .contains("rpc.service", "rpc.method", "cephcsi.volume", "rpc.grpc.status_code");
      assertThat(call.toString()).doesNotContain("secret");
      assertThat(collector.span("journal").getParentSpanId()).isEqualTo(call.getSpanId());
      assertThat(collector.span("connect").getParentSpanId())
          .isEqualTo(collector.span("journal").getSpanId());
      assertThat(collector.span("image").getParentSpanId()).isEqualTo(call.getSpanId());
      assertThat(collector.resource()).containsEntry("service.name", "cephcsi");
    }
  }

  @Test
  void collectorIsNotThere_callsGoOnAndTheEndIsBounded() {
    long began = System.nanoTime();
    try (var traces = new CallTraces(sendingTo("http://127.0.0.1:1"))) {
      traces.comes(DELETE, REQUEST).ends(Status.Code.OK);
    }

    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
  }

  @Test
  void driver_findsItAsAService() {
    assertThat(ServiceLoader.load(CallListener.class).stream().map(p -> p.type().getSimpleName()))
        .containsExactly("CallTraces");
  }

  private static Map<String, String> sendingTo(String url) {
    return Map.of(
        "otel.exporter.otlp.protocol", "http/protobuf", "otel.exporter.otlp.endpoint", url);
  }
}
