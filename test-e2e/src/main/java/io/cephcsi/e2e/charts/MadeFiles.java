package io.cephcsi.e2e.charts;

import io.cephcsi.e2e.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The files of the checkout that are made from the charts; {@code ./dev charts write} runs it. */
public final class MadeFiles {
  private static final String HEADER =
      "# Rendered from the charts by `./dev charts write`; change these instead.\n";

  private MadeFiles() {}

  /** Writes what differs, and takes away what is made no more. */
  public static void main(String[] arguments) throws IOException {
    Path root = Checkout.root();
    Map<Path, String> wanted = wanted();
    for (Path file : outdated(wanted)) {
      String text = wanted.get(file);
      if (text == null) {
        Files.delete(root.resolve(file));
      } else {
        Files.createDirectories(root.resolve(file).getParent());
        Files.writeString(root.resolve(file), text);
      }
      System.out.println(file);
    }
  }

  /** The files, relative to the checkout, that are not what the charts make of them. */
  static List<Path> outdated() {
    return outdated(wanted());
  }

  private static List<Path> outdated(Map<Path, String> wanted) {
    Path root = Checkout.root();
    List<Path> outdated = new ArrayList<>();
    wanted.forEach((file, text) -> {
      if (!text.equals(read(root.resolve(file)))) {
        outdated.add(file);
      }
    });
    deployed(root).filter(file -> !wanted.containsKey(file)).forEach(outdated::add);
    return outdated;
  }

  private static Map<Path, String> wanted() {
    Map<Path, String> wanted = new TreeMap<>();
    for (Chart chart : Chart.values()) {
      Path folder = Checkout.root().relativize(chart.folder());
      wanted.put(folder.resolve("values.schema.json"), ValuesSchema.text(chart));
    }
    new Manifests(Helm.found())
        .files()
        .forEach((file, objects) ->
            wanted.put(Path.of("deploy").resolve(file), HEADER + Yaml.text(objects)));
    return wanted;
  }

  private static Stream<Path> deployed(Path root) {
    Path deploy = root.resolve("deploy");
    if (!Files.exists(deploy)) {
      return Stream.empty();
    }
    try (Stream<Path> files = Files.walk(deploy)) {
      return files
          .filter(file -> file.toString().endsWith(".yaml"))
          .filter(file -> !file.endsWith(Manifests.VALUES))
          .map(root::relativize)
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
