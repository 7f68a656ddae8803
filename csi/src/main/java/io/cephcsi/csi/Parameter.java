package io.cephcsi.csi;

import com.google.errorprone.annotations.Immutable;
import java.util.Map;

/**
 * A key that a class, a Secret or the attributes of a volume may have, and what the reference tells
 * of it. Each driver lists its own, {@code cluster} what both have, and nothing else is read.
 */
public interface Parameter {
  /** What is told of it. */
  Told told();

  /** Its name in the class, Secret or volume. */
  default String key() {
    return told().key();
  }

  /** Its value among those; where it is missing, what then stands for it, or an empty text. */
  default String in(Map<String, String> all) {
    return all.getOrDefault(key(), told().otherwise());
  }

  /**
   * What the reference tells.
   *
   * @param otherwise the value that stands for it where it is missing; empty when there is none
   * @param missing in words, what is then
   * @param about what it does
   */
  @Immutable
  record Told(String key, String otherwise, String missing, String about) {
    /** Of one that has to be there. */
    public static Told required(String key, String about) {
      return new Told(key, "", "required", about);
    }

    /** Of one for which a value stands where it is missing. */
    public static Told valued(String key, String otherwise, String about) {
      return new Told(key, otherwise, "`" + otherwise + "`", about);
    }

    /** Of one without such a value. */
    public static Told of(String key, String missing, String about) {
      return new Told(key, "", missing, about);
    }

    /** Of a key that is there or not, without a word on that. */
    public static Told of(String key, String about) {
      return new Told(key, "", "", about);
    }
  }
}
