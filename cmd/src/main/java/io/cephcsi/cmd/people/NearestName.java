package io.cephcsi.cmd.people;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jline.utils.Levenshtein;
import picocli.CommandLine.ParameterException;

/** The known name that was most likely meant by one that is not known. */
public final class NearestName {
  private NearestName() {}

  /** One with a letter or two missing, wrong or swapped; empty when none is so near. */
  static Optional<String> of(String word, Collection<String> known) {
    int most = Math.max(1, word.length() / 3);
    return known.stream()
        .filter(name -> distance(word, name) <= most)
        .min(Comparator.comparingInt(name -> distance(word, name)));
  }

  private static int distance(String word, String name) {
    return word.isEmpty()
        ? name.length()
        : Levenshtein.distance(word.toLowerCase(Locale.ROOT), name);
  }

  /** The end of a sentence: {@code ; did you mean rbd?}; empty when nothing is near. */
  public static String suggested(String word, Collection<String> known) {
    return of(word, known).map("; did you mean %s?"::formatted).orElse("");
  }

  /** The same for an option whose values are known. */
  static String ofValue(Exception error) {
    if (!(error instanceof ParameterException wrong)
        || wrong.getArgSpec() == null
        || wrong.getValue() == null
        || !wrong.getArgSpec().type().isEnum()) {
      return "";
    }
    List<String> known =
        Arrays.stream(wrong.getArgSpec().type().getEnumConstants())
            .map(value -> value.toString().toLowerCase(Locale.ROOT))
            .toList();
    return suggested(wrong.getValue(), known);
  }
}
