package io.cephcsi.ceph;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialsTest {
  private static final String KEY = "AQBrBAFrAAAAABAAZs5XmVjsR0ekhVIvcuGzYA==";

  @Test
  void toString_hasNoKey() {
    assertThat(new Credentials("admin", KEY)).hasToString("client.admin");
  }

  /** The second is of the kind that Ceph has since version 20. */
  @ParameterizedTest
  @ValueSource(strings = {KEY, "AgCwmQhrRrwbMiAANrUiIly/E0UZ7R71fieHitvNBnT9RYBMHKI3FWzUlcE="})
  void keyIsWhole_asCephPrintsIt(String key) {
    assertThat(new Credentials("admin", key).keyIsWhole()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "no key at all",
        "c2VjcmV0",
        "AQBrBAFrAAAAABAA",
        "AQBrBAFrAAAAABAAZs5XmVjsR0ekhQ=="
      })
  void keyIsWhole_notWhatIsCutOffOrNone(String key) {
    assertThat(new Credentials("admin", key).keyIsWhole()).isFalse();
  }
}
