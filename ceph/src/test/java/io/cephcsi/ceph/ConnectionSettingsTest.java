package io.cephcsi.ceph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What settings and credentials may be, and what of them is shown. */
final class ConnectionSettingsTest {
  @Test
  void times_mustBePositive() {
    Duration second = Duration.ofSeconds(1);
    assertThatThrownBy(() -> new ConnectionSettings(second, second, Duration.ZERO, second, null))
        .hasMessage("osd timeout must be positive, not PT0S");
  }

  @Test
  void key_isNotShown() {
    assertThat(new Credentials("admin", "secret")).hasToString("client.admin");
  }

  @Test
  void errno_isShownInWordsAndAsNumber() {
    assertThat(new CephException(Errno.ENOENT, "open pool x"))
        .hasMessage("open pool x: not found (errno 2)");
    assertThat(new CephException(4711, "do it")).hasMessage("do it: error (errno 4711)");
  }

  @Test
  void objectSize_isAPowerOfTwo() {
    assertThatThrownBy(() -> new ImageOptions(1, "", 0, 0, 3000))
        .hasMessage("object size is no power of two: 3000");
  }
}
