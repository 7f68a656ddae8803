package io.cephcsi.csi.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelVersionTest {
  @ParameterizedTest
  @CsvSource({
    "6.1.0-18-amd64, true",
    "4.17.0, true",
    "4.17, true",
    "4.16.9-300.fc28.x86_64, false",
    "4.18.0-553.el8_10.x86_64, true",
    "3.10.0-1062.el7.x86_64, true",
    "3.10.0-1127.el7.x86_64, true",
    "3.10.0-957.el7.x86_64, false",
    "3.10.0-1062.fc7.x86_64, false",
    "5.x, false",
    "what, false"
  })
  void quotas_areKnownByTheRelease(String release, boolean quotas) {
    assertThat(KernelVersion.of(release + "\n").hasQuotas()).isEqualTo(quotas);
  }
}
