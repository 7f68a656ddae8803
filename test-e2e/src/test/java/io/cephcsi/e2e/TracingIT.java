package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import csi.v1.DeleteVolumeRequest;
import csi.v1.NodeGetCapabilitiesRequest;
import io.cephcsi.tracing.OtlpReceiver;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Traces of the built driver: sent where the environment says, and not there at all otherwise. */
final class TracingIT {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String CALLER = "00f067aa0ba902b7";

  @TempDir Path folder;

  @Test
  void asked_callsAreSpansOfTheCallersTrace() throws Exception {
    try (var collector = new OtlpReceiver()) {
      var environment =
          Map.of(
              "OTEL_EXPORTER_OTLP_ENDPOINT", collector.url(),
              "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf",
              "OTEL_SERVICE_NAME", "rbd-node");
      try (var run = start(environment);
          var client = new CsiClient(socket())) {
        awaitSocket(run);
        var _ =
            client
                .node()
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(caller()))
                .nodeGetCapabilities(NodeGetCapabilitiesRequest.getDefaultInstance());
        refuse(client);
      } // what is not sent yet is sent at the end

      Span span = collector.span("csi.v1.Node/NodeGetCapabilities");
      assertThat(HexFormat.of().formatHex(span.getTraceId().toByteArray())).isEqualTo(TRACE);
      assertThat(HexFormat.of().formatHex(span.getParentSpanId().toByteArray())).isEqualTo(CALLER);
      assertThat(collector.span("csi.v1.Controller/DeleteVolume").getStatus().getMessage())
          .isEqualTo("INVALID_ARGUMENT");
      assertThat(collector.resource()).containsEntry("service.name", "rbd-node");
    }
  }

  @Test
  void notAsked_noClassOfItIsLoaded() throws Exception {
    try (var run = start(Map.of())) {
      awaitSocket(run);
      String loaded = jcmd(run.process().pid(), "VM.class_hierarchy");

      assertThat(loaded).contains("io.cephcsi.csi.Calls").doesNotContain("io.opentelemetry");
    }
  }

  @Test
  void unknownExporter_isToldAndTheDriverServes() throws Exception {
    try (var run = start(Map.of("OTEL_TRACES_EXPORTER", "pigeon"))) {
      awaitSocket(run);

      assertThat(run.said()).contains("there will be no traces").contains("pigeon");
    }
  }

  private static void refuse(CsiClient client) {
    try {
      var _ = client.controller().deleteVolume(DeleteVolumeRequest.getDefaultInstance());
    } catch (StatusRuntimeException e) {
      return;
    }
    throw new AssertionError("a deletion without an id was taken");
  }

  private static Metadata caller() {
    var headers = new Metadata();
    headers.put(
        Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
        "00-%s-%s-01".formatted(TRACE, CALLER));
    return headers;
  }

  private ProgramRun start(Map<String, String> environment) throws IOException {
    return ProgramRun.start(
        folder.resolve("log"),
        environment,
        ProgramRun.command(
            "--type=rbd",
            "--nodeid=n",
            "--controllerserver",
            "--nodeserver",
            "--endpoint=unix://" + socket()));
  }

  private Path socket() {
    return folder.resolve("csi.sock");
  }

  private void awaitSocket(ProgramRun run) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!run.said().contains("serves")) {
      assertThat(run.process().isAlive() && System.nanoTime() < end).as(run.said()).isTrue();
      Thread.sleep(20);
    }
  }

  private static String jcmd(long pid, String... command) throws IOException, InterruptedException {
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(pid));
    builder.command().addAll(List.of(command));
    Process jcmd = builder.redirectErrorStream(true).start();
    String said = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(jcmd.waitFor()).as(said).isZero();
    return said;
  }
}
