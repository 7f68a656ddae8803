package io.cephcsi.rbd;

import io.cephcsi.csi.CsiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
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
  private static final Pattern NBD_OPTION = Pattern.compile("[a-z][a-z0-9_-]*(=[^\\s,]*)?");

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

  /**
   * Those for krbd.
   *
   * @throws CsiException.InvalidArgument when there are blanks among them
   */
  public List<String> kernelOptions() {
    if (krbd.chars().anyMatch(Character::isWhitespace)) {
      throw new CsiException.InvalidArgument(
          "mapOptions \"%s\" has blanks: separate options by commas".formatted(krbd));
    }
    return List.of(krbd.split(",", -1));
  }

  /**
   * Those for rbd-nbd, {@code name} or {@code name=value}.
   *
   * @throws CsiException.InvalidArgument when one is of another form
   */
  public List<String> nbdOptions() {
    List<String> options = new ArrayList<>(List.of(nbd.split(",", -1)));
    options.removeIf(String::isEmpty);
    for (String option : options) {
      if (!NBD_OPTION.matcher(option).matches()) {
        throw new CsiException.InvalidArgument(
            "option \"%s\" of nbd: write name or name=value, without dashes before it"
                .formatted(option));
      }
    }
    return List.copyOf(options);
  }

  /**
   * Refuses what no mapper could use.
   *
   * @throws CsiException.InvalidArgument when there is such an option
   */
  public void require() {
    var _ = kernelOptions();
    var _ = nbdOptions();
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
