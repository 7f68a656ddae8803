package io.cephcsi.ceph;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Native;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Texts in memory as C reads them. */
final class TextArrayTest {
  @Test
  void texts_haveTheirLengthsInBytes() {
    List<String> texts = List.of("a", "", "žluťoučký 🦑", "with\0nul");
    try (var array = new TextArray(texts)) {
      assertThat(array.size()).isEqualTo(4);
      for (int i = 0; i < texts.size(); i++) {
        assertThat(text(array, i)).isEqualTo(texts.get(i));
      }
    }
  }

  private static String text(TextArray array, int index) {
    long at = (long) index * Native.POINTER_SIZE;
    int length = (int) array.lengths().getLong(at);
    return new String(array.pointers().getPointer(at).getByteArray(0, length), UTF_8);
  }

  @Test
  void none_isAnArrayOfNone() {
    try (var array = new TextArray(List.of())) {
      assertThat(array.size()).isZero();
      assertThat(array.pointers()).isNotNull();
      assertThat(array.lengths()).isNotNull();
    }
  }
}
