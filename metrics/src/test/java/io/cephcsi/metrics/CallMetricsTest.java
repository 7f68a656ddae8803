package io.cephcsi.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import csi.v1.CreateVolumeRequest;
import io.cephcsi.csi.CallListener;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.RpcName;
import io.grpc.Status;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallMetricsTest {
  private static final RpcName CREATE = new RpcName("CreateVolume", "a");
  private static final CreateVolumeRequest REQUEST = CreateVolumeRequest.getDefaultInstance();

  private final Metrics metrics = Metrics.ofDriver("rbd.csi.ceph.com");
  private final CallMetrics calls = new CallMetrics(metrics);

  @Test
  void call_withPhases_isCountedAsTheSidecarsCountTheirs() throws Exception {
    var heard = calls.comes(CREATE, REQUEST);
    try (var _ = heard.begins(Phase.JOURNAL)) {
      Thread.sleep(1);
    }
    heard.ends(Status.Code.OK);

    assertThat(text())
        .contains("# TYPE csi_plugin_operations_seconds histogram")
        .contains(
            "csi_plugin_operations_seconds_count{driver_name=\"rbd.csi.ceph.com\",grpc_status_code=\"OK\",method_name=\"/csi.v1.Controller/CreateVolume\"} 1")
        .contains("le=\"0.1\"")
        .contains("le=\"600.0\"")
        .contains(
            "cephcsi_phase_seconds_count{driver_name=\"rbd.csi.ceph.com\",method_name=\"/csi.v1.Controller/CreateVolume\",phase=\"journal\"} 1");
  }

  @Test
  void call_joinedAndRefused_areCounted() throws Exception {
    calls.joins(CREATE, REQUEST);
    calls.refused(CREATE, REQUEST, CallListener.Refusal.QUEUE_FULL);
    calls.refused(CREATE, REQUEST, CallListener.Refusal.QUEUE_FULL);

    assertThat(text())
        .contains(
            "cephcsi_calls_joined_total{driver_name=\"rbd.csi.ceph.com\",method_name=\"/csi.v1.Controller/CreateVolume\"} 1.0")
        .contains("reason=\"queue_full\"} 2.0");
  }

  @ParameterizedTest
  @CsvSource({
    "OK,OK",
    "CANCELLED,Canceled",
    "DEADLINE_EXCEEDED,DeadlineExceeded",
    "NOT_FOUND,NotFound",
    "INTERNAL,Internal"
  })
  void codes_areSpeltAsInGo(Status.Code code, String text) {
    assertThat(CallMetrics.goName(code)).isEqualTo(text);
  }

  private String text() throws IOException {
    var out = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.create().write(out, metrics.registry().scrape());
    return out.toString(StandardCharsets.UTF_8);
  }
}
