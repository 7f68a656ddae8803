package io.cephcsi.rbd.controller;

/** The image that ceph-csi makes between a volume and the volume that it was cloned from. */
final class IntermediateImage {
  private static final String SUFFIX = "-temp";

  private IntermediateImage() {}

  /** Its name, by the volume's image. */
  static String of(String imageName) {
    return imageName + SUFFIX;
  }

  /** The name of the volume's image; of any other name, the name itself. */
  static String withoutSuffix(String name) {
    return name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
  }
}
