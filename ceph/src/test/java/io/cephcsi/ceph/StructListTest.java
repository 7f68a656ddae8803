package io.cephcsi.ceph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Arrays that are too small at first. */
final class StructListTest {
  private final List<Long> capacities = new ArrayList<>();
  private long cleaned;

  @Test
  void few_fitAtOnce() {
    assertThat(read(3)).containsExactly(0L, 1L, 2L);
    assertThat(capacities).hasSize(1);
    assertThat(cleaned).isEqualTo(3);
  }

  @Test
  void none_isAnEmptyList() {
    assertThat(read(0)).isEmpty();
  }

  @Test
  void many_areReadWithALargerArray() {
    assertThat(read(1000)).hasSize(1000).endsWith(999L);
    assertThat(capacities).hasSize(2);
    assertThat(cleaned).isEqualTo(1000);
  }

  @Test
  void failure_isTold() {
    assertThatThrownBy(
            () -> StructList.read(8, "list", (_, _) -> -Errno.EPERM, p -> p, (_, _) -> {}))
        .hasMessage("list: operation not permitted (errno 1)");
  }

  private List<Long> read(int there) {
    return StructList.read(
        Long.BYTES,
        "list",
        (array, count) -> fill(there, array, count),
        element -> element.getLong(0),
        (_, count) -> cleaned = count);
  }

  /** As librbd's functions do it. */
  private int fill(int there, Pointer array, Pointer count) {
    long capacity = count.getLong(0);
    capacities.add(capacity);
    count.setLong(0, there);
    if (capacity < there) {
      return -Errno.ERANGE;
    }
    LongStream.range(0, there).forEach(i -> array.setLong(i * Long.BYTES, i));
    return 0;
  }
}
