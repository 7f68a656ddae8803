package io.cephcsi.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScrapeLimitTest {
  private final AtomicLong now = new AtomicLong(-5);
  private final ScrapeLimit limit = new ScrapeLimit(now::get);

  @Test
  void allows_atOnce_ten() {
    assertThat(allowed(100)).isEqualTo(10);
  }

  @Test
  void allows_afterThat_twoASecond() {
    assertThat(allowed(100)).isEqualTo(10);

    now.addAndGet(TimeUnit.SECONDS.toNanos(3));

    assertThat(allowed(100)).isEqualTo(6);
  }

  @Test
  void allows_afterAnHour_tenAgain() {
    assertThat(allowed(100)).isEqualTo(10);

    now.addAndGet(TimeUnit.HOURS.toNanos(1));

    assertThat(allowed(100)).isEqualTo(10);
  }

  private long allowed(int asked) {
    return IntStream.range(0, asked).filter(_ -> limit.allows()).count();
  }
}
