package io.cephcsi.rbd.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cephcsi.cluster.Json;
import io.cephcsi.cluster.Monitors;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Commands;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * A qemu-storage-daemon that shows one image as a file. Its folder holds the description of the
 * image, the file, the daemon's process id and its control socket.
 */
record StorageDaemon(Path folder, String fsid, ImageSpec image, String imageId) {
  private static final String PROGRAM = "qemu-storage-daemon";
  private static final String DESCRIPTION = "image.properties";
  private static final Duration START = Duration.ofSeconds(40);
  private static final Duration END = Duration.ofSeconds(20);

  static StorageDaemon of(Path stateDirectory, MapRequest request) {
    String identity = request.fsid() + "/" + request.image() + "/" + request.imageId();
    return new StorageDaemon(
        stateDirectory.resolve(shortHash(identity)),
        request.fsid(),
        request.image(),
        request.imageId());
  }

  /** A name that keeps the socket's path short. */
  private static String shortHash(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 10);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All that have a folder, alive or not. */
  static List<StorageDaemon> all(Path stateDirectory) {
    if (!Files.isDirectory(stateDirectory)) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(stateDirectory)) {
      return folders.flatMap(folder -> described(folder).stream()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("list " + stateDirectory, e);
    }
  }

  private static Optional<StorageDaemon> described(Path folder) {
    var description = new Properties();
    try (Reader reader = Files.newBufferedReader(folder.resolve(DESCRIPTION))) {
      description.load(reader);
    } catch (IOException e) {
      return Optional.empty(); // just being made or removed
    }
    var image =
        new ImageSpec(
            description.getProperty("pool", ""),
            description.getProperty("namespace", ""),
            description.getProperty("image", ""));
    return Optional.of(
        new StorageDaemon(
            folder,
            description.getProperty("fsid", ""),
            image,
            description.getProperty("imageId", "")));
  }

  /** The file that is the image. */
  Path export() {
    return folder.resolve("image");
  }

  private Path socket() {
    return folder.resolve("qmp");
  }

  /** Starts the daemon and waits until it shows the image. */
  void start(MapRequest request, Commands commands) throws IOException {
    Files.createDirectories(folder);
    describe();
    Files.writeString(export(), "");
    Files.writeString(folder.resolve("ceph.conf"), ""); // else the machine's own would be read
    byte[] key = request.credentials().key().getBytes(StandardCharsets.US_ASCII);
    List<String> command = command(request);
    var outcome = commands.run(request.inNetNamespace(command), key, START);
    if (outcome.exit() != 0) {
      throw failure(new CommandFailed(List.of(command.getFirst()), outcome));
    }
  }

  /** It puts librbd's errno into words, after what it tried. */
  private RuntimeException failure(CommandFailed e) {
    String said = String.valueOf(e.getMessage());
    boolean byCeph = said.contains("error connecting") || said.contains("error reading header");
    return byCeph && said.contains("Operation not permitted")
        ? new CsiException.PermissionDenied(
            "image %s is not mapped: %s; see the user's key in the secret and its osd caps in the cluster, which must let it write"
                .formatted(image, said))
        : e;
  }

  private void describe() throws IOException {
    var description = new Properties();
    description.setProperty("fsid", fsid);
    description.setProperty("pool", image.pool());
    description.setProperty("namespace", image.namespace());
    description.setProperty("image", image.image());
    description.setProperty("imageId", imageId);
    var text = new StringWriter();
    description.store(text, null);
    Path temporary = Files.writeString(folder.resolve(DESCRIPTION + ".new"), text.toString());
    Files.move(temporary, folder.resolve(DESCRIPTION), StandardCopyOption.ATOMIC_MOVE);
  }

  /** The key comes on standard input: neither others' process lists nor a disk see it. */
  private List<String> command(MapRequest request) {
    return List.of(
        PROGRAM,
        "--object",
        "secret,id=key,file=/dev/stdin,format=base64",
        "--blockdev",
        blockDevice(request),
        "--export",
        export(request.readOnly()),
        "--chardev",
        "socket,id=qmp,path=%s,server=on,wait=off".formatted(comma(socket())),
        "--monitor",
        "chardev=qmp",
        "--pidfile",
        folder.resolve("pid").toString(),
        "--daemonize");
  }

  private String blockDevice(MapRequest request) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("driver", "rbd").put("node-name", "image").put("read-only", request.readOnly());
    json.put("pool", image.pool()).put("image", image.image());
    if (!image.namespace().isEmpty()) {
      json.put("namespace", image.namespace());
    }
    json.put("conf", folder.resolve("ceph.conf").toString());
    json.put("user", request.credentials().user()).put("key-secret", "key");
    json.putArray("auth-client-required").add("cephx");
    var servers = json.putArray("server");
    for (Monitors monitor : Monitors.of(request.monitors())) {
      int port = monitor.port() == 0 ? 6789 : monitor.port();
      servers.addObject().put("host", monitor.host()).put("port", Integer.toString(port));
    }
    json.putObject("cache").put("direct", true);
    return json.toString();
  }

  private String export(boolean readOnly) {
    return "type=fuse,id=export,node-name=image,mountpoint=%s,writable=%s,growable=%s"
        .formatted(comma(export()), readOnly ? "off" : "on", readOnly ? "off" : "on");
  }

  /** In qemu's options a comma within a value is doubled. */
  private static String comma(Path path) {
    return path.toString().replace(",", ",,");
  }

  /** Whether the daemon runs and has finished its start. */
  boolean alive() {
    try {
      return ProcessHandle.of(pid()).filter(this::ours).isPresent();
    } catch (IOException | NumberFormatException e) {
      return false;
    }
  }

  /** Its process id, since it has finished its start. */
  long pid() throws IOException {
    return Long.parseLong(Files.readString(folder.resolve("pid")).strip());
  }

  /** A process id may have gone to another program since; the command line tells. */
  private boolean ours(ProcessHandle process) {
    try {
      Path file = Path.of("/proc", Long.toString(process.pid()), "cmdline");
      String command = Files.readString(file, StandardCharsets.ISO_8859_1);
      return command.startsWith(PROGRAM) && command.contains(folder + "/");
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Ends the daemon, which closes the image, and waits for it. Also one that is just starting: it
   * has no process id in its file yet, and goes on when the driver that started it was killed.
   */
  void end() {
    end(END);
  }

  /**
   * @param patience how long it may take to end by itself, and then to be killed
   */
  void end(Duration patience) {
    long start = System.nanoTime();
    List<ProcessHandle> processes = processes();
    while (!processes.isEmpty()) {
      long waited = System.nanoTime() - start;
      if (waited > 2 * patience.toNanos()) {
        throw new CsiException.Unavailable(
            "the storage daemon of image %s (process %s) does not end: see its state and the node's log (dmesg), the call can be repeated"
                .formatted(image, processes.getFirst().pid()),
            null);
      }
      for (ProcessHandle process : processes) {
        var _ = waited < patience.toNanos() ? process.destroy() : process.destroyForcibly();
      }
      pause();
      processes = processes();
    }
  }

  private List<ProcessHandle> processes() {
    return ProcessHandle.allProcesses().filter(this::ours).toList();
  }

  /** Lets the file have the image's size, and waits until it has. */
  void resize(long sizeBytes, Duration patience) throws IOException {
    StorageControl.ask(
        socket(),
        "block_resize",
        Json.MAPPER.createObjectNode().put("node-name", "image").put("size", sizeBytes));
    long end = System.nanoTime() + patience.toNanos();
    while (Files.size(export()) < sizeBytes) {
      if (System.nanoTime() > end) {
        throw new IOException(export() + " keeps its old size");
      }
      pause();
    }
  }

  private void pause() {
    try {
      Thread.sleep(10);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CsiException.Unavailable(
          "the driver is stopping while it waits for the storage daemon of image %s: ask again"
              .formatted(image),
          e);
    }
  }

  /** Removes the folder; the daemon has ended. */
  void remove() {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder);
    } catch (NoSuchFileException e) {
      // there is none
    } catch (IOException e) {
      throw new UncheckedIOException("remove " + folder, e);
    }
  }
}
