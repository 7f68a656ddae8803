package io.cephcsi.e2e;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A volume that two nodes have at once: two kernel guests with the kernel's client where this
 * machine's kernel has none and guests can run, else two drivers here.
 */
final class SharedDemo {
  private SharedDemo() {}

  /** Runs it, and prints what happens. */
  static void run(Path folder) throws Exception {
    Optional<String> noGuest = Guests.trouble();
    if (!kernelHasCeph() && noGuest.isEmpty()) {
      inGuests();
    } else {
      here(folder);
    }
  }

  private static boolean kernelHasCeph() throws IOException {
    return Files.readAllLines(Path.of("/proc/filesystems")).contains("nodev\tceph");
  }

  private static void inGuests() throws Exception {
    System.out.println(
        "two kernel guests, each with the kernel's client, and a single-node Ceph ...");
    try (var guests = new Guests(GuestCephFs.class);
        ExecutorService nodes = Executors.newFixedThreadPool(2)) {
      List<Future<Guests.Outcome>> running =
          List.of(
              nodes.submit(() -> guests.guest(0, "writer")),
              nodes.submit(() -> guests.guest(1, "reader")));
      for (Future<Guests.Outcome> node : running) {
        node.get().passes();
      }
    }
  }

  private static void here(Path folder) throws Exception {
    System.out.println("two drivers on this machine, and a single-node Ceph ...");
    var meeting = new Meeting(Files.createDirectory(folder.resolve("meeting")));
    try (ThrowawayCeph ceph = ThrowawayCeph.start();
        DriverProcess first = driver(ceph, "node1");
        DriverProcess second = driver(ceph, "node2");
        ExecutorService nodes = Executors.newFixedThreadPool(2)) {
      var writer = new SharedVolume(ceph, meeting, folder.resolve("node1"), "node1");
      var reader = new SharedVolume(ceph, meeting, folder.resolve("node2"), "node2");
      Future<?> writing = nodes.submit(() -> played(() -> writer.writer(first)));
      Future<?> reading = nodes.submit(() -> played(() -> reader.reader(second)));
      var _ = writing.get();
      var _ = reading.get();
    }
  }

  private interface Part {
    void play() throws Exception;
  }

  private static Boolean played(Part part) throws Exception {
    part.play();
    return true;
  }

  @MustBeClosed
  private static DriverProcess driver(ThrowawayCeph ceph, String node)
      throws IOException, InterruptedException {
    return DriverProcess.startCephFs(
        ceph, "--controllerserver", "--nodeserver", "--nodeid=" + node);
  }
}
