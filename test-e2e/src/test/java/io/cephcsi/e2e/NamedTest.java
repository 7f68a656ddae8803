package io.cephcsi.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** A test that a list names, by the file of its class and its method. */
record NamedTest(Path file, String method) {
  /**
   * Finds the class.
   *
   * @param folders where it may be, from the top of the project
   * @param name as {@code Class#method}; folders may stand before the class
   */
  static NamedTest in(List<String> folders, String name) {
    String[] parts = name.split("#", -1);
    Path file =
        folders.stream()
            .map(folder -> Checkout.root().resolve(folder).resolve(parts[0] + ".java"))
            .filter(Files::exists)
            .findFirst()
            .orElseThrow(() -> new AssertionError("no test class " + parts[0]));
    return new NamedTest(file, parts[1]);
  }

  /** Whether JUnit runs it. */
  boolean isThere() {
    try {
      return Pattern.compile(
              "@(Parameterized)?Test\\b((?!void )[\\s\\S])*+void " + Pattern.quote(method) + "\\(")
          .matcher(Files.readString(file))
          .find();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
