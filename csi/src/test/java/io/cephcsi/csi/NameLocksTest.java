package io.cephcsi.csi;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class NameLocksTest {
  private final NameLocks names = new NameLocks();

  private void assertFree(String name) {
    assertThatCode(() -> names.hold(name).close()).doesNotThrowAnyException();
  }

  @Test
  void hold_heldName_isAbortedAndNamed() {
    try (var _ = names.hold("pvc-1")) {
      assertThatThrownBy(() -> names.hold("pvc-1"))
          .isInstanceOf(CsiException.Aborted.class)
          .hasMessageContaining("pvc-1");
      assertThatThrownBy(() -> names.share("pvc-1")).isInstanceOf(CsiException.Aborted.class);
      assertFree("pvc-2");
    }
    assertFree("pvc-1");
  }

  @Test
  void share_byMany_keepsOthersOutUntilTheLastIsDone() {
    try (var _ = names.share("pvc-1")) {
      try (var _ = names.share("pvc-1")) {
        assertThatThrownBy(() -> names.hold("pvc-1")).isInstanceOf(CsiException.Aborted.class);
      }
      assertThatThrownBy(() -> names.hold("pvc-1")).isInstanceOf(CsiException.Aborted.class);
    }
    assertFree("pvc-1");
  }

  @Test
  void refusedHold_doesNotFreeTheOthers() {
    try (var _ = names.hold("pvc-1")) {
      assertThatThrownBy(() -> names.share("pvc-1")).isInstanceOf(CsiException.Aborted.class);
      assertThatThrownBy(() -> names.hold("pvc-1")).isInstanceOf(CsiException.Aborted.class);
    }
  }
}
