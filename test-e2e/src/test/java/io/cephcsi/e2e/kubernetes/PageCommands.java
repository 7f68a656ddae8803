package io.cephcsi.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.cephcsi.e2e.Checkout;
import io.cephcsi.e2e.DocumentedCommand;
import io.cephcsi.e2e.ThrowawayCeph;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The commands of a page of the documentation, in a shell that reaches Kubernetes and Ceph. Each is
 * run at least once, or the page is not closed well.
 */
final class PageCommands {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final ControlPlane plane;
  private final ThrowawayCeph ceph;
  private final UnaryOperator<String> here;
  private final List<String> all;
  private final List<String> left;

  /**
   * @param here puts the files and names of the test in the place of the page's
   */
  PageCommands(
      ControlPlane plane,
      ThrowawayCeph ceph,
      Class<?> test,
      String page,
      UnaryOperator<String> here) {
    this.plane = plane;
    this.ceph = ceph;
    this.here = here;
    this.all = DocumentedCommand.of(test, page).stream().map(DocumentedCommand::text).toList();
    this.left = new ArrayList<>(all);
  }

  /** Runs those that begin so, in the page's order; each must end well. */
  @CanIgnoreReturnValue
  String run(String... beginnings) throws Exception {
    List<String> chosen = chosen(beginnings);
    left.removeAll(chosen);
    return typed(chosen);
  }

  /** Runs those that were not run yet. */
  @CanIgnoreReturnValue
  String runOthers() throws Exception {
    List<String> chosen = List.copyOf(left);
    left.clear();
    return typed(chosen);
  }

  private List<String> chosen(String... beginnings) {
    List<String> chosen =
        all.stream()
            .filter(command -> Stream.of(beginnings).anyMatch(command::startsWith))
            .toList();
    assertThat(chosen).as("%s", List.of(beginnings)).isNotEmpty();
    return chosen;
  }

  /** Nothing of the page was left out. */
  void requireAllRun() {
    assertThat(left).isEmpty();
  }

  private String typed(List<String> commands) throws Exception {
    Process bash = start(commands.stream().map(here).collect(Collectors.joining("\n")));
    String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(bash.waitFor()).as(said).isZero();
    return said;
  }

  /** Runs one that goes on for ever, until a person has seen enough and ends it. */
  void watch(String beginning, Predicate<List<String>> enough) throws Exception {
    List<String> chosen = chosen(beginning);
    assertThat(chosen).hasSize(1);
    left.removeAll(chosen);
    Process bash = start("exec " + here.apply(chosen.getFirst()));
    List<String> lines = new ArrayList<>();
    try (ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        BufferedReader said = bash.inputReader()) {
      var end = clock.schedule(bash::destroyForcibly, PATIENCE.toSeconds(), TimeUnit.SECONDS);
      while (!enough.test(lines)) {
        String line = said.readLine();
        assertThat(line).as("%s ended: %s", chosen, lines).isNotNull();
        lines.add(line);
      }
      assertThat(bash.isAlive()).as("%s goes on", chosen).isTrue();
      end.cancel(false);
    } finally {
      bash.destroyForcibly();
    }
  }

  private Process start(String script) throws IOException {
    var builder =
        new ProcessBuilder(ceph.reachedBy("bash", "-euxo", "pipefail", "-c", script))
            .directory(Checkout.root().toFile())
            .redirectErrorStream(true);
    String path =
        "%s:%s:%s"
            .formatted(
                Programs.of("kubectl").getParent(),
                Path.of(System.getenv("HELM")).getParent(),
                System.getenv("PATH"));
    builder.environment().put("PATH", path);
    builder.environment().put("KUBECONFIG", plane.kubeconfig().toString());
    builder.environment().put("CEPH_CONF", ceph.entry("conf"));
    Process bash = builder.start();
    bash.getOutputStream().close();
    return bash;
  }
}
