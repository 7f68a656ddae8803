package io.cephcsi.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GoBooleanTest {
  @ParameterizedTest
  @ValueSource(strings = {"1", "t", "T", "true", "TRUE", "True"})
  void of_goTrue_isTrue(String text) {
    assertThat(GoBoolean.of("encrypted", text)).isTrue();
    assertThat(GoBoolean.isTrue(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "f", "F", "false", "FALSE", "False"})
  void of_goFalseOrMissing_isFalse(String text) {
    assertThat(GoBoolean.of("encrypted", text)).isFalse();
    assertThat(GoBoolean.isTrue(text)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"yes", "tRUE", " true", "2"})
  void of_neither_isRefusedWithKeyAndValue(String text) {
    assertThatThrownBy(() -> GoBoolean.of("encrypted", text))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("encrypted " + text);
    assertThat(GoBoolean.read(text)).isEmpty();
    assertThat(GoBoolean.isTrue(text)).isFalse();
  }
}
