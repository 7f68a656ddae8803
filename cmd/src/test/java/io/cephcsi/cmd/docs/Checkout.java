package io.cephcsi.cmd.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The files of the checkout, of which the documentation tells. */
final class Checkout {
  static final Path ROOT = Path.of("").toAbsolutePath().getParent();

  private static final Set<String> NOT_OURS = Set.of("target", ".git", ".cache", "bin");

  private Checkout() {}

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException("read " + file, e);
    }
  }

  /** Sorted. */
  static List<Path> files(Path folder, String ending) {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(file -> file.toString().endsWith(ending))
          .filter(file -> Stream.of(parts(ROOT.relativize(file))).noneMatch(NOT_OURS::contains))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("walk " + folder, e);
    }
  }

  private static String[] parts(Path file) {
    return file.toString().split("/", -1);
  }

  /** What the driver is made of: all sources but those of tests and of test-e2e. */
  static List<Path> sources() {
    return files(ROOT, ".java").stream()
        .filter(file -> file.toString().contains("/src/main/java/"))
        .filter(file -> !file.startsWith(ROOT.resolve("test-e2e")))
        .toList();
  }
}
