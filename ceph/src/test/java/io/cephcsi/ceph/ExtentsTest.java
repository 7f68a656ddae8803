package io.cephcsi.ceph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExtentsTest {
  @Test
  void made_unsortedAndOverlapping_isSortedAndMerged() {
    var extents =
        new Extents(
            List.of(new Extent(10, 5), new Extent(0, 2), new Extent(2, 3), new Extent(12, 9)));

    assertThat(extents.all()).containsExactly(new Extent(0, 5), new Extent(10, 11));
  }

  @Test
  void of_nothing_isNone() {
    assertThat(Extents.of(5, 0)).isEqualTo(Extents.NONE);
    assertThat(Extents.of(5, -1)).isEqualTo(Extents.NONE);
    assertThatThrownBy(() -> new Extent(5, 0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void setOperations_anyExtents_areThoseOfSets() {
    var random = new Random(7);
    for (int i = 0; i < 500; i++) {
      BitSet a = bits(random);
      BitSet b = bits(random);
      BitSet and = (BitSet) a.clone();
      and.or(b);
      BitSet within = (BitSet) a.clone();
      within.and(b);
      BitSet without = (BitSet) a.clone();
      without.andNot(b);
      assertThat(extents(a).and(extents(b))).isEqualTo(extents(and));
      assertThat(extents(a).within(extents(b))).isEqualTo(extents(within));
      assertThat(extents(a).without(extents(b))).isEqualTo(extents(without));
    }
  }

  private static BitSet bits(Random random) {
    var bits = new BitSet();
    for (int n = random.nextInt(6); n > 0; n--) {
      int from = random.nextInt(60);
      bits.set(from, from + random.nextInt(20));
    }
    return bits;
  }

  private static Extents extents(BitSet bits) {
    return new Extents(bits.stream().mapToObj(i -> new Extent(i, 1)).toList());
  }
}
