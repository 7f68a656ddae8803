package io.cephcsi.ceph;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A throwaway cluster in a new folder, of the Ceph that this machine has, or, where the
 * environment's {@code CEPH_IMAGE} names an image, of the Ceph in that. Either way its processes
 * and files are this machine's, and {@code test-e2e/ceph/single-node} starts and ends it.
 */
public final class SingleNode {
  private static final String IMAGE = "CEPH_IMAGE";

  private final Path script;
  private final List<String> launcher;
  private final Path parent;
  private final Path folder;
  private Optional<CephContainer> container = Optional.empty();

  /**
   * Makes no more than the folder's parent, which is temporary.
   *
   * @param script {@code single-node}
   */
  public SingleNode(Path script) throws IOException {
    this(script, List.of());
  }

  /**
   * The same, for a cluster in another network.
   *
   * @param launcher what starts its daemons there; it is given their command
   */
  public SingleNode(Path script, List<String> launcher) throws IOException {
    this.script = script;
    this.launcher = launcher;
    this.parent = Files.createTempDirectory("ceph-");
    this.folder = parent.resolve("cluster");
  }

  /** Whether clusters run in containers, which are not in every network of this machine. */
  public static boolean contained() {
    return image().isPresent();
  }

  private static Optional<String> image() {
    return Optional.ofNullable(System.getenv(IMAGE)).filter(name -> !name.isEmpty());
  }

  /** The cluster's folder. */
  public Path folder() {
    return folder;
  }

  /**
   * Starts it; blocks for some seconds.
   *
   * @param options of {@code single-node up}
   * @throws IOException when it does not start, with what the script says
   */
  public void up(List<String> options) throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("up", folder.toString()));
    arguments.addAll(options);
    if (image().isPresent()) {
      container = Optional.of(new CephContainer(image().get(), parent));
      container.get().singleNode(arguments);
    } else {
      run(launcher, arguments);
    }
  }

  /**
   * What runs the command after it, a tool of Ceph, in the version that the cluster is of. In a
   * container it has {@code CEPH_CONF} and {@code P} of the environment, and no other variable.
   */
  public List<String> ownTools() {
    return container
        .map(running -> List.of("docker", "exec", "--env", "CEPH_CONF", "--env", "P", running.id()))
        .orElse(launcher);
  }

  /** Starts its {@code mgr} or {@code mds} again after it was killed, or {@code mds.b}. */
  public void start(String daemon) throws IOException, InterruptedException {
    List<String> arguments = List.of("start", folder.toString(), daemon);
    if (container.isPresent()) {
      container.get().singleNode(arguments);
    } else {
      run(launcher, arguments);
    }
  }

  /** Ends it, and removes the folder; doing it again is no error. */
  public void down() throws InterruptedException {
    try {
      // Its daemons are found by their command lines, wherever they are.
      run(List.of(), List.of("down", folder.toString()));
      container.ifPresent(CephContainer::close);
      Files.deleteIfExists(parent);
    } catch (IOException e) {
      throw new UncheckedIOException("end the cluster in " + folder, e);
    }
  }

  private void run(List<String> launcher, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(launcher);
    command.add(script.toString());
    command.addAll(arguments);
    Path said = Files.createTempFile("single-node-", ".log");
    try {
      int status =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start()
              .waitFor();
      if (status != 0) {
        throw new IOException(
            "%s ended with %d:%n%s"
                .formatted(String.join(" ", command), status, Files.readString(said)));
      }
    } finally {
      Files.delete(said);
    }
  }
}
