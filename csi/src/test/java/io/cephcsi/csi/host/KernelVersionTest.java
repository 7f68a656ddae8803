package io.cephcsi.csi.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
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

  @ParameterizedTest
  @CsvSource({
    "6.1.0-18-amd64, true, true",
    "5.14.0, true, true",
    "5.13.9, true, false",
    "5.8.0, true, false",
    "5.7.19, false, false",
    "4.18.0-372.9.1.el8.x86_64, false, true",
    "4.18.0-348.el8.x86_64, false, false",
    "4.18.0-372.fc28.x86_64, false, false",
    "what, false, false"
  })
  void nearReadsAndCookies_areKnownByTheRelease(String release, boolean near, boolean cookies) {
    KernelVersion kernel = KernelVersion.of(release + "\n");
    assertThat(kernel.readsNear()).isEqualTo(near);
    assertThat(kernel.keepsCookies()).isEqualTo(cookies);
  }

  @Test
  void running_isThatOfThisMachine() throws Exception {
    assertThat(KernelVersion.running().text())
        .isEqualTo(Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip());
  }
}
