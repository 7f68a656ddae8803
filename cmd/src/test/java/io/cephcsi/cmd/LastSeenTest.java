package io.cephcsi.cmd;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.cluster.Looks;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LastSeenTest {
  private static final Duration FRESH = Duration.ofSeconds(1);

  private final AtomicInteger looked = new AtomicInteger();
  private final CountDownLatch answers = new CountDownLatch(1);

  @Test
  void get_severalTimesAtOnce_isOneLook() {
    try (var looks = new Looks(Duration.ofSeconds(5))) {
      var seen = new LastSeen<>(looks, "x", FRESH, () -> List.of(looked.incrementAndGet()));

      assertThat(seen.get()).containsExactly(1);
      assertThat(seen.get()).containsExactly(1);
    }
  }

  @Test
  void get_aSecondLater_looksAgain() throws Exception {
    try (var looks = new Looks(Duration.ofSeconds(5))) {
      var seen = new LastSeen<>(looks, "x", FRESH, () -> List.of(looked.incrementAndGet()));

      assertThat(seen.get()).containsExactly(1);
      Thread.sleep(1100);
      assertThat(seen.get()).containsExactly(2);
    }
  }

  @Test
  void get_whatNeverAnswers_isWhatWasSeenBefore_soonAndOnOneThread() throws Exception {
    try (var looks = new Looks(Duration.ofMillis(100))) {
      var seen = new LastSeen<>(looks, "x", FRESH, this::hangTheSecondTime);
      assertThat(seen.get()).containsExactly(1);
      Thread.sleep(1100);
      long began = System.nanoTime();

      for (int n = 0; n < 20; n++) {
        assertThat(seen.get()).containsExactly(1);
      }

      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(1));
      assertThat(looked).hasValue(2);
      answers.countDown();
    }
  }

  private List<Integer> hangTheSecondTime() {
    int n = looked.incrementAndGet();
    if (n == 2) {
      try {
        answers.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return List.of(n);
  }
}
