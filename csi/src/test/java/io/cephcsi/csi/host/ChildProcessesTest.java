package io.cephcsi.csi.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessesTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path directory;
  private final Commands commands = new ChildProcesses();

  @Test
  void run_givesBackStatusAndBothOutputs() {
    var outcome = run("cat; echo bad >&2; exit 3", "input");

    assertThat(outcome).isEqualTo(new Commands.Outcome(3, "input", "bad\n"));
  }

  @Test
  @Timeout(20)
  void run_muchOutput_isReadToItsEndAndCut() {
    var outcome = run("head -c 10000000 /dev/zero; head -c 10000000 /dev/zero >&2", "");

    assertThat(outcome.exit()).isZero();
    assertThat(outcome.out()).hasSize(64 << 10);
    assertThat(outcome.err()).hasSize(64 << 10);
  }

  @Test
  void run_noEnd_isEndedWithItsChildren() throws Exception {
    Path pid = directory.resolve("pid");
    var command = List.of("sh", "-c", "sleep 60 & echo $! >" + pid + "; wait");

    assertThatThrownBy(() -> commands.run(command, new byte[0], Duration.ofSeconds(1)))
        .isInstanceOf(CommandFailed.class)
        .hasMessageContaining("PT1S");

    long child = Long.parseLong(Files.readString(pid).strip());
    long end = System.nanoTime() + LONG.toNanos();
    while (running(child) && System.nanoTime() < end) {
      Thread.sleep(10);
    }
    assertThat(running(child)).isFalse();
  }

  /** One that has ended, and that nobody asked for its status yet, has no command line any more. */
  private static boolean running(long pid) throws Exception {
    Path file = Path.of("/proc", Long.toString(pid), "cmdline");
    return Files.exists(file) && !Files.readString(file).isEmpty();
  }

  @Test
  @Timeout(10)
  void run_daemonThatKeepsTheOutput_isNotWaitedFor() {
    assertThat(run("sleep 15 & exit 0", "").exit()).isZero();
  }

  @Test
  void run_noSuchProgram_isTold() {
    assertThatThrownBy(() -> commands.run(List.of("no-such-program"), new byte[0], LONG))
        .isInstanceOf(CommandFailed.class)
        .hasMessageContaining("no-such-program");
  }

  @Test
  void require_failure_tellsStatusAndReason() {
    assertThatThrownBy(() -> commands.require(List.of("sh", "-c", "echo why >&2; exit 7"), LONG))
        .isInstanceOfSatisfying(CommandFailed.class, e -> assertThat(e.exit()).isEqualTo(7))
        .hasMessageContaining("exit status 7: why");
  }

  private Commands.Outcome run(String script, String input) {
    return commands.run(List.of("sh", "-c", script), input.getBytes(StandardCharsets.UTF_8), LONG);
  }
}
