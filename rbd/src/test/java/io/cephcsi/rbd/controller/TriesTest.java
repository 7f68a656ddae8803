package io.cephcsi.rbd.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TriesTest {
  /** The OSDs need 30 s to give up a client that was killed. */
  @Test
  void delay_open_isShortForAMinuteAndNeverLong() {
    Tries tries = Tries.NONE;
    Duration waited = Duration.ZERO;
    while (waited.compareTo(Duration.ofMinutes(1)) < 0) {
      tries = tries.stoppedBy(new CephException(Errno.EBUSY, "purge"));
      assertThat(tries.delay()).isEqualTo(Duration.ofSeconds(10));
      waited = waited.plus(tries.delay());
    }
    for (int n = 0; n < 1000; n++) {
      tries = tries.stoppedBy(new CephException(Errno.EBUSY, "purge"));
      assertThat(tries.delay()).isEqualTo(Duration.ofMinutes(1));
    }
  }

  @Test
  void delay_clonesOrFailures_doublesUpToAnHour() {
    Tries tries = Tries.NONE;
    for (long seconds = 30; seconds < 3600; seconds *= 2) {
      tries = tries.stoppedBy(new CephException(Errno.ENOTEMPTY, "purge"));
      assertThat(tries.delay()).isEqualTo(Duration.ofSeconds(seconds));
    }
    for (int n = 0; n < 1000; n++) {
      tries = tries.stoppedBy(new CephException(Errno.ENOTEMPTY, "purge"));
      assertThat(tries.delay()).isEqualTo(Duration.ofHours(1));
    }
    assertThat(tries.stoppedBy(new IllegalStateException()).delay())
        .isEqualTo(Duration.ofSeconds(30));
  }

  /** What has waited for clones for hours meets the last clone's dead client. */
  @Test
  void delay_anotherCause_beginsAnew() {
    Tries tries = Tries.NONE;
    for (int n = 0; n < 20; n++) {
      tries = tries.stoppedBy(new CephException(Errno.ENOTEMPTY, "purge"));
    }
    tries = tries.stoppedBy(new CephException(Errno.EBUSY, "purge"));
    assertThat(tries).isEqualTo(new Tries(Errno.EBUSY, 1));
  }
}
