package io.cephcsi.rbd;

import io.cephcsi.csi.CsiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The class parameters {@code mapOptions} and {@code unmapOptions}: items separated by semicolons,
 * each for one mapper, {@code krbd:a,b=c;nbd:d}; without a name for krbd. The last item of a mapper
 * counts.
 *
 * @param krbd for the kernel's mapper, comma separated, empty for none
 * @param nbd for rbd-nbd
 */
public record MapOptions(String krbd, String nbd) {
  /**
   * Reads the parameter.
   *
   * @throws CsiException.InvalidArgument when an item names an unknown mapper
   */
  public static MapOptions of(String text) {
    String krbd = "";
    String nbd = "";
    for (String item : text.split(";", -1)) {
      int colon = item.indexOf(':');
      String mapper = colon < 0 ? "krbd" : item.substring(0, colon).strip();
      String options = item.substring(colon + 1).strip();
      switch (mapper.toLowerCase(Locale.ROOT)) {
        case "krbd" -> krbd = options;
        case "nbd" -> nbd = options;
        default ->
            throw new CsiException.InvalidArgument(
                "map options \"%s\": unknown mapper \"%s\", known are krbd and nbd; options with a colon need the mapper's name in front"
                    .formatted(text, mapper));
      }
    }
    return new MapOptions(krbd, nbd);
  }

  /** The same with more options for krbd, but for those that are named already. */
  public MapOptions withKernelOptions(List<String> more) {
    List<String> options = new ArrayList<>(List.of(krbd.split(",", -1)));
    options.removeIf(String::isBlank);
    Set<String> named = options.stream().map(MapOptions::name).collect(Collectors.toSet());
    more.stream().filter(option -> !named.contains(name(option))).forEach(options::add);
    return new MapOptions(String.join(",", options), nbd);
  }

  private static String name(String option) {
    return option.split("=", 2)[0].strip();
  }
}
