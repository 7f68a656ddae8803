package io.cephcsi.ceph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.Test;

class RbdImageCreationTest {
  private static int tried(Integer... results) {
    var left = new ArrayDeque<>(List.of(results));
    int result = RbdImageCreation.withFreeId(left::remove);
    assertThat(left).isEmpty();
    return result;
  }

  @Test
  void withFreeId_idOfAnotherImage_isTriedWithAnother() {
    assertThat(tried(-Errno.EBADF, 0)).isZero();
    assertThat(tried(-Errno.EBADF, -Errno.EBADF, 0)).isZero();
  }

  @Test
  void withFreeId_anythingElse_isTheAnswer() {
    assertThat(tried(0)).isZero();
    assertThat(tried(-Errno.EEXIST)).isEqualTo(-Errno.EEXIST);
    assertThat(tried(-Errno.EBADF, -Errno.ENOSPC)).isEqualTo(-Errno.ENOSPC);
  }

  @Test
  void withFreeId_neverFree_endsWithThat() {
    assertThat(tried(-Errno.EBADF, -Errno.EBADF, -Errno.EBADF)).isEqualTo(-Errno.EBADF);
  }
}
