package io.cephcsi.cmd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node's labels from an API that counts its questions and connections. */
class KnownLabelsTest {
  private static final String PATH = "/api/v1/nodes/n1";

  @TempDir Path folder;
  private TestKubernetes kubernetes;
  private KubernetesAccess access;
  private KnownLabels labels;
  private long nanos;

  @BeforeEach
  void start() throws IOException {
    kubernetes = new TestKubernetes(folder).with(PATH, node("z1"));
    access = KubernetesAccess.of(kubernetes.environment()).orElseThrow();
    labels = new KnownLabels(new KubernetesNode("n1", access), () -> nanos);
  }

  @AfterEach
  void stop() {
    access.close();
    kubernetes.close();
  }

  private static String node(String zone) {
    return """
    {"kind":"Node","apiVersion":"v1","metadata":{"name":"n1","labels":{"zone":"%s"}}}
    """
        .formatted(zone);
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  @Test
  void get_forSomeMinutes_isWhatWasToldOnce() {
    assertThat(labels.get()).containsExactly(Map.entry("zone", "z1"));
    kubernetes.with(PATH, node("z2"));
    pass(KnownLabels.KEPT.minusNanos(1));

    assertThat(labels.get()).containsExactly(Map.entry("zone", "z1"));

    assertThat(kubernetes.asked()).hasSize(1);
  }

  @Test
  void get_later_isAskedAgainOnTheSameConnection() {
    assertThat(labels.get()).containsExactly(Map.entry("zone", "z1"));
    kubernetes.with(PATH, node("z2"));
    pass(KnownLabels.KEPT);

    assertThat(labels.get()).containsExactly(Map.entry("zone", "z2"));

    assertThat(kubernetes.asked()).hasSize(2);
    assertThat(kubernetes.connections()).isEqualTo(1);
  }

  @Test
  void get_apiDoesNotTell_isWhatWasKnownAndAskedForAgainAfterAPause() {
    assertThat(labels.get()).containsExactly(Map.entry("zone", "z1"));
    kubernetes.fail();
    pass(KnownLabels.KEPT);

    assertThat(labels.get()).containsExactly(Map.entry("zone", "z1"));
    assertThat(labels.get()).containsExactly(Map.entry("zone", "z1"));
    assertThat(kubernetes.asked()).hasSize(2);

    kubernetes.with(PATH, node("z2"));
    pass(KnownLabels.PAUSE);
    assertThat(labels.get()).containsExactly(Map.entry("zone", "z2"));
  }

  @Test
  void get_neverTold_isNothing() {
    kubernetes.fail();

    assertThat(labels.get()).isEmpty();
  }

  @Test
  void ask_apiThatMoved_isFoundByTheNextQuestion() throws Exception {
    assertThat(new KubernetesNode("n1", access).labels()).containsEntry("zone", "z1");
    kubernetes.close();
    assertThatThrownBy(() -> new KubernetesNode("n1", access).labels())
        .isInstanceOf(IOException.class);

    kubernetes = new TestKubernetes(folder).with(PATH, node("z2"));
    assertThat(kubernetes.environment().values()).allMatch(file -> Files.exists(Path.of(file)));

    assertThat(new KubernetesNode("n1", access).labels()).containsEntry("zone", "z2");
  }
}
