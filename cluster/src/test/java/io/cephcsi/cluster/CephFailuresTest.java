package io.cephcsi.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.CephException.Daemon;
import io.cephcsi.ceph.Errno;
import io.cephcsi.csi.CsiException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CephFailuresTest {
  @ParameterizedTest
  @CsvSource({"MON, its mon caps", "MGR, its mgr caps", "OSD, its osd caps", "UNKNOWN, its caps"})
  void refused_namesTheCapsOfWhoRefused(Daemon daemon, String words) {
    var e = new CephException(Errno.EPERM, "open pool replicapool", daemon);

    assertThat(CephFailures.meaning(e))
        .isInstanceOf(CsiException.PermissionDenied.class)
        .hasMessageContaining("open pool replicapool")
        .hasMessageContaining(words);
  }

  @Test
  void errnoWithoutAMeaning_staysAsItIs() {
    var e = new CephException(Errno.ENOENT, "open pool replicapool");

    assertThat(CephFailures.meaning(e)).isSameAs(e);
  }
}
