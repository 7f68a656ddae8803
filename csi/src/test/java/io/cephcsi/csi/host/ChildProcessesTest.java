package io.cephcsi.csi.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChildProcessesTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private final ChildProcesses processes = new ChildProcesses();

  @Test
  void run_program_tellsStatusAndBothOutputs() {
    var outcome = run("sh", "-c", "echo out; echo err >&2; exit 3");

    assertThat(outcome).isEqualTo(new Commands.Outcome(3, "out\n", "err\n"));
  }

  @Test
  void run_input_isGivenOnStandardInput() {
    byte[] input = "secret".getBytes(StandardCharsets.UTF_8);

    assertThat(processes.run(List.of("cat"), input, LONG).out()).isEqualTo("secret");
  }

  @Test
  void run_muchOutput_isCutAndTheProgramGoesOn() {
    var outcome = run("sh", "-c", "head -c 1000000 /dev/zero; exit 7");

    assertThat(outcome.exit()).isEqualTo(7);
    assertThat(outcome.out()).hasSize(64 << 10);
  }

  @Test
  void run_deadlinePasses_endsTheProgramAndItsChildren() throws Exception {
    var command = List.of("sh", "-c", "sleep 77.7 & wait");

    assertThatThrownBy(() -> processes.run(command, new byte[0], Duration.ofMillis(300)))
        .isInstanceOf(CommandFailed.class)
        .hasMessageContaining("sleep 77.7");

    Thread.sleep(200);
    assertThat(ProcessHandle.current().descendants().map(ChildProcessesTest::line))
        .noneMatch(line -> line.contains("77.7"));
  }

  @Test
  void run_unknownProgram_saysSo() {
    assertThatThrownBy(() -> run("no-such-program"))
        .isInstanceOf(CommandFailed.class)
        .hasMessageContaining("no-such-program");
  }

  @Test
  void require_otherStatus_failsWithWhatItSaid() {
    assertThatThrownBy(
            () -> processes.require(List.of("sh", "-c", "echo broken >&2; exit 1"), LONG))
        .isInstanceOf(CommandFailed.class)
        .hasMessageContaining("exit status 1")
        .hasMessageContaining("broken");
  }

  private Commands.Outcome run(String... command) {
    return processes.run(List.of(command), new byte[0], LONG);
  }

  private static String line(ProcessHandle process) {
    return process.info().commandLine().orElse("");
  }
}
