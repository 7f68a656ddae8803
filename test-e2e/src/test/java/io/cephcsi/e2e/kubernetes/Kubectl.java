package io.cephcsi.e2e.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The program kubectl, as whoever the kubeconfig is of.
 *
 * @param kubeconfig where the API server is, and with what token
 * @param launcher what runs the command after it where the API server can be reached
 */
record Kubectl(Path kubeconfig, List<String> launcher) {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration PAUSE = Duration.ofMillis(200);

  /** How a run ended. */
  private record Outcome(int exit, String output, String errors) {}

  /**
   * Runs it to its end.
   *
   * @return what it printed, without blanks at the ends
   */
  String run(String... words) throws InterruptedException {
    return run("", List.of(words));
  }

  private String run(String input, List<String> words) throws InterruptedException {
    Outcome outcome = tryRun(input, words);
    if (outcome.exit() != 0) {
      throw new AssertionError("kubectl %s: %s%s".formatted(words, outcome.errors(), input));
    }
    return outcome.output().strip();
  }

  private Outcome tryRun(String input, List<String> words) throws InterruptedException {
    List<String> command = new ArrayList<>(launcher);
    command.add(Programs.of("kubectl").toString());
    command.add("--kubeconfig=" + kubeconfig);
    command.addAll(words);
    try {
      Path errors = Files.createTempFile("kubectl", ".err");
      try {
        Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
        try (var stdin = process.getOutputStream()) {
          stdin.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), output, Files.readString(errors));
      } finally {
        Files.delete(errors);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the API server answers that it is ready. */
  boolean serverReady() throws InterruptedException {
    return tryRun("", List.of("get", "--raw=/readyz")).exit() == 0;
  }

  /** Makes the objects of a text, or changes them; what the API server does not know is refused. */
  void apply(String yaml) throws InterruptedException {
    var _ = run(yaml, List.of("apply", "--validate=strict", "--filename=-"));
  }

  /** What {@code kubectl get} gives of these; missing when it is not there. */
  JsonNode get(String... words) throws InterruptedException {
    List<String> all = new ArrayList<>(List.of("get", "--output=json", "--ignore-not-found"));
    all.addAll(List.of(words));
    String output = run("", all);
    try {
      return output.isEmpty() ? MissingNode.getInstance() : JSON.readTree(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until {@code kubectl get} of these gives what is wanted, and gives it back. */
  JsonNode await(Predicate<JsonNode> wanted, String... words) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    JsonNode found = get(words);
    while (!wanted.test(found)) {
      if (System.nanoTime() > end) {
        throw new AssertionError(
            "%s is still %s\nand in short:\n%s"
                .formatted(List.of(words), found, run("get", "events", "--all-namespaces")));
      }
      Thread.sleep(PAUSE);
      found = get(words);
    }
    return found;
  }

  /** Waits until a namespace has that many pods and each is ready, and gives them back. */
  List<JsonNode> awaitRunning(String namespace, int pods) throws InterruptedException {
    JsonNode all =
        await(
            found ->
                found.path("items").size() == pods
                    && stream(found.path("items")).allMatch(Kubectl::ready),
            "pods",
            "--namespace=" + namespace);
    return stream(all.path("items")).toList();
  }

  /**
   * Waits until kubelet has a driver on a node, which is some time after the driver's pod is ready.
   */
  void awaitDriver(String node, String driver) throws InterruptedException {
    var _ =
        await(
            found ->
                stream(found.at("/spec/drivers"))
                    .anyMatch(entry -> entry.path("name").asText().equals(driver)),
            "csinode/" + node);
  }

  /** Whether a pod runs and is not about to end. */
  static boolean ready(JsonNode pod) {
    return pod.at("/metadata/deletionTimestamp").isMissingNode()
        && stream(pod.at("/status/conditions"))
            .anyMatch(condition ->
                condition.path("type").asText().equals("Ready")
                    && condition.path("status").asText().equals("True"));
  }

  /** The entries of a list. */
  static Stream<JsonNode> stream(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false);
  }

  /** Waits until there is nothing of it any more. */
  void awaitGone(String... words) throws InterruptedException {
    var _ = await(found -> found.isMissingNode() || emptyList(found), words);
  }

  private static boolean emptyList(JsonNode found) {
    return found.path("kind").asText().equals("List") && found.path("items").isEmpty();
  }
}
