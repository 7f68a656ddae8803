package io.cephcsi.ceph;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real Ceph for tests, shared by all of a JVM: the one whose folder the system property {@code
 * cephcsi.ceph} names, else a {@link SingleNode}, which ends with the JVM, with a filesystem where
 * the property {@code cephcsi.cephfs} is true. Fails, and does not skip, where there can be none.
 *
 * <p>Use: {@code @RegisterExtension static final SingleNodeCeph CEPH = new SingleNodeCeph();}
 */
public final class SingleNodeCeph implements BeforeAllCallback {
  private static final Path SCRIPT = Path.of("test-e2e", "ceph", "single-node");
  private static final long PATIENCE_SECONDS = 180;

  /** The cluster's folder; made by whoever asks first. */
  private static final class Shared {
    static final Path FOLDER = find();
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    var _ = Shared.FOLDER;
  }

  /** The addresses as {@link Clusters#lend} wants them. */
  public String monitors() {
    return entry("monitors");
  }

  /** The administrator, who may do everything. */
  public Credentials credentials() {
    return new Credentials(entry("user"), read(Path.of(entry("key_file"))).strip());
  }

  /** A pool ready for images, shared by all tests. */
  public String pool() {
    return entry("pool");
  }

  /** A {@code ceph.conf} for tools, with the administrator's key. */
  public Path configurationFile() {
    return Path.of(entry("conf"));
  }

  /** The cluster's folder, with the daemons' sockets in {@code run}. */
  public Path folder() {
    return Shared.FOLDER;
  }

  /** Any entry of {@code cluster.env}. */
  public String entry(String key) {
    var entries = new Properties();
    try (var reader = Files.newBufferedReader(Shared.FOLDER.resolve("cluster.env"))) {
      entries.load(reader);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String value = entries.getProperty(key);
    if (value == null) {
      throw new IllegalStateException("cluster.env has no " + key);
    }
    return value;
  }

  /** Runs one of Ceph's own tools, for instance {@code rbd namespace create …}; its output. */
  public String run(String tool, String... arguments) {
    var command = new ArrayList<>(List.of(tool, "--conf", configurationFile().toString()));
    command.addAll(List.of(arguments));
    return execute(command);
  }

  private static Path find() {
    String given = System.getProperty("cephcsi.ceph", "");
    return given.isEmpty() ? start() : Path.of(given);
  }

  private static Path start() {
    Path script = Path.of(System.getProperty("cephcsi.root", "..")).resolve(SCRIPT);
    if (!Files.isExecutable(script)) {
      throw new IllegalStateException(
          script + " is not there: set the system property cephcsi.root or cephcsi.ceph");
    }
    try {
      var cluster = new SingleNode(script);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(cluster)));
      // Half as fast with one.
      cluster.up(Boolean.getBoolean("cephcsi.cephfs") ? List.of() : List.of("--no-cephfs"));
      return cluster.folder();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void stop(SingleNode cluster) {
    try {
      cluster.down();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String execute(List<String> command) {
    try {
      Path output = Files.createTempFile("command-", ".out");
      Path errors = Files.createTempFile("command-", ".err"); // where Ceph's clients chat at times
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start();
        boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (!ended || process.exitValue() != 0) {
          process.destroyForcibly();
          throw new IllegalStateException(
              String.join(" ", command)
                  + (ended ? " failed:\n" : " hangs:\n")
                  + read(output)
                  + read(errors));
        }
        return read(output);
      } finally {
        Files.delete(output);
        Files.delete(errors);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
