package io.cephcsi.cmd;

/** The version of this build, from the jar's manifest. */
final class Version {
  private Version() {}

  /** The number alone; {@code dev} outside a jar. */
  static String number() {
    String number = Version.class.getPackage().getImplementationVersion();
    return number == null ? "dev" : number;
  }

  /** What {@code --version} prints. */
  static String text() {
    return """
    Cephcsi Version: %s
    Java Version: %s
    Platform: %s/%s
    Kernel Version: %s\
    """
        .formatted(
            number(),
            System.getProperty("java.version"),
            "linux",
            System.getProperty("os.arch"),
            System.getProperty("os.version"));
  }
}
