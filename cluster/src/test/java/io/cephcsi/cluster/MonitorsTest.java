package io.cephcsi.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.csi.CsiException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MonitorsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "10.0.0.1                                     | 10.0.0.1",
        "10.0.0.1:6789                                | 10.0.0.1:6789",
        "a:6789, b:6789;c                             | a:6789 b:6789 c",
        "[fd00::1]:6789                               | [fd00::1]:6789",
        "10.0.0.1:3300                                | 10.0.0.1:3300/v2",
        "[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0]      | 10.0.0.1:3300/v2 10.0.0.1:6789",
        "[v2:[fd00::1]:3301/0,v1:[fd00::1]:6789/0],b  | [fd00::1]:3301/v2 [fd00::1]:6789 b",
      })
  void of_lists_areTakenApart(String list, String expected) {
    var found = Monitors.of(list).stream().map(m -> m.text() + (m.secondProtocol() ? "/v2" : ""));

    assertThat(String.join(" ", found.toList())).isEqualTo(expected);
  }

  @Test
  void resolved_address_isItself() {
    var address = new Monitors("10.0.0.1", 6789, false);

    assertThat(address.resolved()).isEqualTo(List.of(address));
  }

  @Test
  void resolved_sixthVersion_keepsItsBrackets() {
    var address = new Monitors("[fd00::1]", 6789, false);

    assertThat(address.resolved())
        .first()
        .extracting(Monitors::text)
        .asString()
        .startsWith("[fd00:")
        .endsWith("]:6789");
  }

  @Test
  void resolved_unknownName_isToldByName() {
    assertThatThrownBy(() -> new Monitors("no-such-host.invalid", 0, false).resolved())
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("no-such-host.invalid");
  }
}
