package io.cephcsi.csi;

/** The fields that a request must have, as the specification marks them. */
public final class RequiredField {
  private RequiredField() {}

  /**
   * A text that must not be empty.
   *
   * @param field its name in the specification
   * @throws CsiException.InvalidArgument when it is
   */
  public static String text(String field, String text) {
    require(field, !text.isEmpty());
    return text;
  }

  /**
   * Refuses a request without the field.
   *
   * @throws CsiException.InvalidArgument when it is not there
   */
  public static void require(String field, boolean there) {
    if (!there) {
      throw new CsiException.InvalidArgument(field + " is missing: the caller must set it");
    }
  }
}
