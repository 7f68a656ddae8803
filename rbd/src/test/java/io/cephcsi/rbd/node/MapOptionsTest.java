package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.csi.CsiException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MapOptionsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "k1,k2 | k1,k2 | ''",
        "k1,k2;nbd:n1,n2 | k1,k2 | n1,n2",
        "krbd:k1,k2=a:b;nbd:n1 | k1,k2=a:b | n1",
        "KRBD:a;krbd:b | b | ''",
        "'' | '' | ''"
      })
  void of_options_areSplitByMapper(String text, String krbd, String nbd) {
    assertThat(MapOptions.of(text)).isEqualTo(new MapOptions(krbd, nbd));
  }

  @ParameterizedTest
  @ValueSource(strings = {"k1,k2=a:b;nbd:n1", "xyz:o"})
  void of_unknownMapper_isRefusedWithTheText(String text) {
    assertThatThrownBy(() -> MapOptions.of(text))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining(text);
  }

  @Test
  void monitors_allForms_areTakenApart() {
    assertThat(Monitors.of("10.0.0.1:6789,[::1]:3300,host"))
        .containsExactly(
            new Monitors("10.0.0.1", 6789, false),
            new Monitors("[::1]", 3300, true),
            new Monitors("host", 0, false));
    assertThat(Monitors.of("[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0]"))
        .containsExactly(
            new Monitors("10.0.0.1", 3300, true), new Monitors("10.0.0.1", 6789, false));
  }
}
