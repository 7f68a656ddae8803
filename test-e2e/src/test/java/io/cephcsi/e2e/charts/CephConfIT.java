package io.cephcsi.e2e.charts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Ceph reads the ceph.conf of the charts; a last line that does not end it refuses. */
class CephConfIT {
  @ParameterizedTest
  @EnumSource
  void cephConf_isReadByCeph(Chart chart, @TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("ceph.conf"), cephConf(chart));
    Process process =
        new ProcessBuilder(
                "ceph-conf",
                "--conf=" + file,
                "--no-mon-config",
                "--lookup",
                "auth_client_required")
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said).isEqualTo("cephx\n");
  }

  private static String cephConf(Chart chart) {
    for (ObjectNode object : Helm.found().template(chart, "release")) {
      if (object.at("/data").has("ceph.conf")) {
        return object.at("/data/ceph.conf").asText();
      }
    }
    throw new AssertionError("no ConfigMap has a ceph.conf");
  }
}
