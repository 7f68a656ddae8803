package io.cephcsi.csi.host;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.RequiredField;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** A path as a request names it. */
public final class RequestPath {
  private RequestPath() {}

  /**
   * Reads a path of a request.
   *
   * @throws CsiException.InvalidArgument when it is missing, relative or has a NUL
   */
  public static Path absolute(String field, String text) {
    RequiredField.require(field, !text.isEmpty());
    try {
      Path path = Path.of(text).normalize();
      if (path.isAbsolute()) {
        return path;
      }
    } catch (InvalidPathException e) {
      throw new CsiException.InvalidArgument(
          "%s is no path (%s): the caller must correct it".formatted(field, e.getReason()));
    }
    throw new CsiException.InvalidArgument(
        "%s %s is relative: the caller must give it absolute".formatted(field, text));
  }
}
