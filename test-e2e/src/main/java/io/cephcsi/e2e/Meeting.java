package io.cephcsi.e2e;

import csi.v1.Volume;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;

/** A folder in which guests, and whoever started them, wait for each other. */
record Meeting(Path folder) {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** Says how far one is, and with which volume. */
  void tell(String what, Volume volume) throws IOException {
    write(what, volume.toByteArray());
  }

  /** Says how many there are of that, anew at each more. */
  void count(String what, int count) throws IOException {
    write(what, Integer.toString(count).getBytes(StandardCharsets.US_ASCII));
  }

  /** How many of that there were at last. */
  int counted(String what) throws IOException {
    return Integer.parseInt(Files.readString(folder.resolve(what), StandardCharsets.US_ASCII));
  }

  /** A guest may be stopped at any moment; what the other reads is whole all the same. */
  private void write(String what, byte[] said) throws IOException {
    Path written = Files.write(folder.resolve(what + ".new"), said);
    Files.move(written, folder.resolve(what), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Waits until somebody has said that; gives back the volume. */
  Volume await(String what) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!Files.exists(folder.resolve(what))) {
      if (System.nanoTime() > end) {
        throw new IOException(
            "nobody comes to \"%s\": %s".formatted(what, Arrays.toString(folder.toFile().list())));
      }
      Thread.sleep(20);
    }
    return Volume.parseFrom(Files.readAllBytes(folder.resolve(what)));
  }
}
