package io.cephcsi.rbd;

/** The image that ceph-csi makes between a volume and the volume that it was cloned from. */
public final class IntermediateImage {
  private static final String SUFFIX = "-temp";

  private IntermediateImage() {}

  /** Its name, by the volume's image. */
  public static String of(String imageName) {
    return imageName + SUFFIX;
  }

  /** The name of the volume's image; of any other name, the name itself. */
  public static String withoutSuffix(String name) {
    return name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
  }
}
