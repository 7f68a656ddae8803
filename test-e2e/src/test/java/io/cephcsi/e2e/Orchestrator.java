package io.cephcsi.e2e;

import io.cephcsi.e2e.VolumeLife.Step;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * Calls a driver as an orchestrator does: again, as long as the answer is that it may work later.
 */
final class Orchestrator {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration PAUSE = Duration.ofMillis(200);

  /** What is still being copied has snapshots that cannot go yet. */
  private static final Set<Status.Code> TEMPORARY =
      Set.of(
          Status.Code.ABORTED,
          Status.Code.UNAVAILABLE,
          Status.Code.RESOURCE_EXHAUSTED,
          Status.Code.FAILED_PRECONDITION);

  private Orchestrator() {}

  /** A call to a driver. */
  interface Attempt<T> {
    T make() throws IOException;
  }

  /**
   * Runs a step until it is done.
   *
   * @param client asked for each attempt, since the driver may have been started again
   */
  static String run(Step step, Supplier<CsiClient> client)
      throws IOException, InterruptedException {
    return call(step.name(), () -> step.action().run(client.get()));
  }

  /** Makes a call until it is done. */
  static <T> T call(String name, Attempt<T> call) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return call.make();
      } catch (StatusRuntimeException e) {
        if (System.nanoTime() > end || !TEMPORARY.contains(e.getStatus().getCode())) {
          throw new AssertionError(name, e);
        }
        Thread.sleep(PAUSE);
      }
    }
  }

  /** The step of that name of a volume's life. */
  static Step step(VolumeLife life, String name) {
    return life.steps().stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
  }

  /** Runs steps one after the other. */
  static void run(VolumeLife life, DriverProcess driver, String... names)
      throws IOException, InterruptedException {
    for (String name : names) {
      var _ = run(step(life, name), driver::client);
    }
  }

  /** Runs steps at the same time; the first failure is thrown when all have ended. */
  static void together(DriverProcess driver, List<Step> steps) throws Exception {
    List<Callable<String>> calls = new ArrayList<>();
    steps.forEach(step -> calls.add(() -> run(step, driver::client)));
    try (ExecutorService threads = Executors.newFixedThreadPool(steps.size())) {
      for (Future<String> done : threads.invokeAll(calls)) {
        var _ = done.get();
      }
    }
  }
}
