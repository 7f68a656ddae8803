package io.cephcsi.e2e;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program behind {@code ./dev demo}: a volume from create to delete on a real Ceph. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = "A volume from create to delete on a real Ceph, step by step.",
    footer = {"", "Example: ./dev demo --keep"})
public final class Demo implements Callable<Integer> {
  private static final String INDENT = " ".repeat(8);
  private static final Duration PURGE = Duration.ofSeconds(30);

  @Option(
      names = "--keep",
      description = "Leave cluster, driver and volume up until Enter, and tell how to reach them.")
  private boolean keep;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "rbd: one volume, step by step; cephfs: a volume that two nodes share (rbd).")
  private String type = "rbd";

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Demo()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    Path folder = Files.createTempDirectory("cephcsi-demo-");
    long started = System.nanoTime();
    if (type.equals("cephfs")) {
      SharedDemo.run(folder);
      say("checked: each node has read what the other wrote; nothing is left");
      return 0;
    }
    say("starting a single-node Ceph ...");
    try (ThrowawayCeph ceph = ThrowawayCeph.start("--no-cephfs")) {
      say("Ceph %s is up, %d ms".formatted(ceph.fsid(), millisSince(started)));
      return withDriver(ceph, folder);
    } finally {
      remove(folder);
    }
  }

  private int withDriver(ThrowawayCeph ceph, Path folder) throws Exception {
    try (DriverProcess driver =
            DriverProcess.start(
                ceph,
                "--controllerserver",
                "--nodeserver",
                "--state-dir=" + folder.resolve("state"));
        var remains = new Remains(ceph, folder)) {
      say("the driver is up, pid %d".formatted(driver.pid()));
      var life = new VolumeLife("pvc-demo", ceph.pool(), ceph.credentials(), folder);
      try {
        run(life.steps(), driver, remains, keep ? () -> explain(ceph, driver, life) : () -> {});
      } catch (IOException | RuntimeException e) {
        takeOffNode(life, driver);
        throw e;
      }
      return checkNothing(remains);
    }
  }

  /** Runs all steps; before the volume is taken away again comes the pause. */
  private static void run(
      List<VolumeLife.Step> steps, DriverProcess driver, Remains remains, Pause pause)
      throws IOException {
    List<String> before = List.of();
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i).name().equals("NodeUnpublishVolume")) {
        pause.take();
      }
      run(steps.get(i), "[%2d/%d]".formatted(i + 1, steps.size()), driver);
      List<String> now = remains.all();
      tellDifference(before, now);
      before = now;
    }
  }

  /** What has come into being in Ceph and on this node, and what is gone. */
  private static void tellDifference(List<String> before, List<String> now) {
    before.stream().filter(t -> !now.contains(t)).forEach(t -> say(INDENT + "- " + t));
    now.stream().filter(t -> !before.contains(t)).forEach(t -> say(INDENT + "+ " + t));
  }

  private interface Pause {
    void take() throws IOException;
  }

  /** After a failure: nothing of a volume may stay mounted when its cluster ends. */
  private static void takeOffNode(VolumeLife life, DriverProcess driver) {
    for (VolumeLife.Step step : life.steps()) {
      if (step.name().startsWith("NodeUn")) {
        try {
          var _ = step.action().run(driver.client());
        } catch (IOException | RuntimeException e) {
          say("%s: %s".formatted(step.name(), e.getMessage()));
        }
      }
    }
  }

  private static void run(VolumeLife.Step step, String count, DriverProcess driver)
      throws IOException {
    progress("%s %s ...".formatted(count, step.name()));
    long started = System.nanoTime();
    String outcome = step.action().run(driver.client());
    long millis = millisSince(started);
    progress("");
    say("%s %-23s %6d ms  %s".formatted(count, step.name(), millis, outcome));
  }

  private static int checkNothing(Remains remains) throws IOException, InterruptedException {
    List<String> left = remains.awaitNothing(PURGE);
    if (left.isEmpty()) {
      say("checked: no image, no journal entry, nothing in the trash, no mount is left");
      return 0;
    }
    say("left over: " + String.join("; ", left));
    return 1;
  }

  private static void explain(ThrowawayCeph ceph, DriverProcess driver, VolumeLife life)
      throws IOException {
    say(
        """

        All of it stays up until you press Enter. To look at it:
          CEPH_CONF=%1$s ceph -s
          CEPH_CONF=%1$s rbd ls -l %2$s
          CEPH_CONF=%1$s rados -p %2$s listomapvals csi.volumes.default
          ls -l %3$s
          tail -f %4$s
        The driver listens on unix://%5$s
        """
            .formatted(
                ceph.entry("conf"),
                ceph.pool(),
                life.folder().resolve("pod/mount"),
                driver.log(),
                driver.socket()));
    var _ = System.in.read();
  }

  private static long millisSince(long nanoTime) {
    return (System.nanoTime() - nanoTime) / 1_000_000;
  }

  private static void say(String line) {
    System.out.println(line);
  }

  /** A line that the next one replaces; only where a person looks. */
  private static void progress(String line) {
    if (Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent()) {
      System.out.print("\r\u001b[K" + line);
      System.out.flush();
    }
  }

  /** Removes our own folders; what is still mounted is left alone. */
  private static void remove(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
