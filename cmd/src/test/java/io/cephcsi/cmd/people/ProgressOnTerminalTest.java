package io.cephcsi.cmd.people;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProgressOnTerminalTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration NONE = Duration.ZERO;

  private final ByteArrayOutputStream drawn = new ByteArrayOutputStream();

  private ProgressOnTerminal begin(boolean watched, Duration patience) {
    return new ProgressOnTerminal(
        "connecting", watched, patience, new PrintStream(drawn, true, StandardCharsets.UTF_8));
  }

  private String drawn() {
    return drawn.toString(StandardCharsets.UTF_8);
  }

  private void await(String text) throws InterruptedException {
    for (int i = 0; i < 1000 && !drawn().contains(text); i++) {
      Thread.sleep(10);
    }
    assertThat(drawn()).contains(text);
  }

  @Test
  void whatHangs_isShownWithoutAnyStep_andForHowLong() throws InterruptedException {
    try (var _ = begin(true, NONE)) {
      await("connecting");
      await("0:00:02");
    }
  }

  @Test
  void steps_areShownWithTheirNumber() throws InterruptedException {
    try (var progress = begin(true, NONE)) {
      await("connecting");
      progress.expect("volumes", 4);
      progress.done(3);
      await("3/4");
      assertThat(drawn()).contains("volumes").contains("75%");
    }
  }

  @Test
  void whatIsSoonOver_isNotShown() {
    try (var progress = begin(true, LONG)) {
      progress.expect("volumes", 4);
      progress.done(4);
    }
    assertThat(drawn()).isEmpty();
  }

  @Test
  void nothing_isShownWhereNobodyWatches() throws InterruptedException {
    try (var progress = begin(false, NONE)) {
      progress.expect("volumes", 4);
      progress.done(3);
      Thread.sleep(200);
    }
    assertThat(drawn()).isEmpty();
  }
}
