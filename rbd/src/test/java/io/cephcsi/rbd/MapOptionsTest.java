package io.cephcsi.rbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.csi.CsiException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MapOptionsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                      | ''          | ''",
        "k1,k2                   | k1,k2       | ''",
        "k1,k2;nbd:n1,n2         | k1,k2       | n1,n2",
        "krbd:k1,k2=a:b;nbd:n1   | k1,k2=a:b   | n1",
        "NBD:n1;KRBD:k1          | k1          | n1",
        "nbd:n1                  | ''          | n1",
        "k1;krbd:k2              | k2          | ''",
      })
  void of_items_areTakenApart(String text, String krbd, String nbd) {
    assertThat(MapOptions.of(text)).isEqualTo(new MapOptions(krbd, nbd));
  }

  @ParameterizedTest
  @ValueSource(strings = {"k1,k2=a:b;nbd:n1", "xyz:o"})
  void of_unknownMapper_isRefused(String text) {
    assertThatThrownBy(() -> MapOptions.of(text))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining(text);
  }
}
