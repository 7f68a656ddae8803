package io.cephcsi.rbd.node;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/** The log of a volume's rbd-nbd, where ceph-csi has it too. */
record NbdLog(String directory, String volumeId) {
  static final String REMOVE = "remove";

  private static final System.Logger LOG = System.getLogger("cephcsi");

  Path file() {
    return Path.of(directory, "rbd-nbd-" + volumeId + ".log");
  }

  /** Makes the folder; rbd-nbd also works without a log. */
  void prepare() {
    try {
      Files.createDirectories(Path.of(directory));
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "cephLogDir {0} cannot be made, so that rbd-nbd does not log: {1}",
          directory,
          e.getMessage());
    }
  }

  /**
   * What the class wants to be done with the log of a volume that is unmapped. A failure is only
   * told: it is no reason to keep a volume staged.
   *
   * @param strategy {@code remove}, {@code compress} or {@code preserve}
   */
  void finish(String strategy) {
    try {
      switch (strategy.toLowerCase(Locale.ROOT)) {
        case REMOVE -> Files.deleteIfExists(file());
        case "compress" -> compress();
        case "preserve" -> {}
        default -> throw new IOException("cephLogStrategy %s is unknown".formatted(strategy));
      }
    } catch (NoSuchFileException e) {
      // done already, or rbd-nbd did not log
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "log {0} is left as it is: {1}", file(), e.getMessage());
    }
  }

  private void compress() throws IOException {
    String name = "rbd-nbd-" + volumeId + ".gz";
    Path unfinished = Path.of(directory, "." + name);
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(unfinished))) {
      var _ = Files.copy(file(), out);
    } catch (NoSuchFileException e) {
      Files.deleteIfExists(unfinished);
      throw e;
    }
    Files.move(unfinished, Path.of(directory, name), StandardCopyOption.ATOMIC_MOVE);
    Files.delete(file());
  }
}
