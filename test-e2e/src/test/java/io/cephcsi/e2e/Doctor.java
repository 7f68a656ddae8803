package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * {@code cephcsi doctor} on a cluster of a test.
 *
 * @param options of each run
 */
record Doctor(List<String> options) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** One for which nothing is too young to be mended. */
  static Doctor of(ThrowawayCeph ceph) throws IOException {
    return new Doctor(
        List.of(
            "--ceph-conf",
            ceph.entry("conf"),
            "--cluster-id",
            DriverProcess.CLUSTER_ID,
            "--older-than",
            "0s"));
  }

  CommandRun run(String... words) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("doctor"));
    all.addAll(options);
    all.addAll(List.of(words));
    return CommandRun.of(all.toArray(String[]::new));
  }

  /** Each kind, and what of it was found. */
  static Map<String, String> found(CommandRun run) throws IOException {
    Map<String, String> kinds = new TreeMap<>();
    for (JsonNode finding : MAPPER.readTree(run.out())) {
      kinds.merge(
          finding.path("kind").asText(), finding.path("subject").asText(), (a, b) -> a + "; " + b);
    }
    return kinds;
  }

  /** Requires that each finding is explained and has steps that mend it; gives back the titles. */
  static Set<String> explained(CommandRun run) throws IOException {
    Set<String> titles = new TreeSet<>();
    for (JsonNode finding : MAPPER.readTree(run.out())) {
      assertThat(finding.path("cause").asText()).as(finding.toString()).isNotBlank();
      assertThat(finding.path("explanation").asText()).as(finding.toString()).isNotBlank();
      assertThat(finding.path("hold").asText()).as(finding.toString()).isEqualTo("none");
      assertThat(finding.path("steps")).as(finding.toString()).isNotEmpty();
      titles.add(finding.path("title").asText());
    }
    return titles;
  }
}
