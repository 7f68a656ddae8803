package io.cephcsi.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.csi.CsiException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class LooksTest {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final AtomicBoolean crowded = new AtomicBoolean();
  private final Looks looks = new Looks(PATIENCE, this::thread);

  private Thread thread(Runnable work) {
    if (crowded.get()) {
      throw new OutOfMemoryError("unable to create native thread");
    }
    return new Thread(work);
  }

  private String look() {
    long until = looks.deadline();
    return looks.begin("pool", "volume", () -> "seen", until).await(until).orElseThrow();
  }

  /** More often than may be looked at a place at a time: no look keeps its place. */
  @Test
  void begin_noThreadCanBeStarted_isToldAndDoneLater() {
    crowded.set(true);
    for (int n = 0; n < 20; n++) {
      assertThatThrownBy(this::look)
          .isInstanceOf(CsiException.ResourceExhausted.class)
          .hasMessageContaining("no thread can be started (unable to create native thread)");
    }

    crowded.set(false);

    assertThat(look()).isEqualTo("seen");
    looks.close();
  }
}
