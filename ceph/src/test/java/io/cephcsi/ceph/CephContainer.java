package io.cephcsi.ceph;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;

/**
 * A container with Ceph's programs and {@code single-node}, in the network and with the processes
 * of this machine, so that whatever a test does to a daemon by its process id it can do here too.
 * Ends with this JVM at the latest. Its image is there already; nothing is pulled.
 */
final class CephContainer implements AutoCloseable {
  /** Of docker's API: no version of it suits every daemon. */
  private static final String API_VERSION = "api.version";

  private final GenericContainer<?> container;

  /**
   * Starts it.
   *
   * @param folder of this machine, which it has in the same place
   */
  CephContainer(String image, Path folder) {
    String version = System.getenv("DOCKER_API_VERSION");
    if (version != null) {
      System.setProperty(API_VERSION, version);
    }
    container =
        new GenericContainer<>(image)
            .withImagePullPolicy(_ -> false)
            .withNetworkMode("host")
            .withFileSystemBind(folder.toString(), folder.toString(), BindMode.READ_WRITE)
            .withCreateContainerCmdModifier(
                command -> Objects.requireNonNull(command.getHostConfig()).withPidMode("host"))
            .withCommand("tail", "--pid=" + ProcessHandle.current().pid(), "-f", "/dev/null");
    container.start();
  }

  /** How docker calls it. */
  String id() {
    return container.getContainerId();
  }

  /** Runs the script in it. */
  void singleNode(List<String> arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("single-node"));
    command.addAll(arguments);
    ExecResult result = container.execInContainer(command.toArray(String[]::new));
    if (result.getExitCode() != 0) {
      throw new IOException(
          "%s in %s ended with %d:%n%s%s"
              .formatted(
                  String.join(" ", command),
                  container.getDockerImageName(),
                  result.getExitCode(),
                  result.getStdout(),
                  result.getStderr()));
    }
  }

  @Override
  public void close() {
    container.stop();
  }
}
