package io.cephcsi.cmd;

import io.cephcsi.csi.CallListener;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/**
 * Traces, where OpenTelemetry's environment variables ask for them. Its classes are in a folder of
 * their own beside the driver's jar, and nothing of it is looked at otherwise.
 */
final class Tracing {
  private static final System.Logger LOG = System.getLogger("cephcsi");
  private static final String FOLDER = "tracing";

  private Tracing() {}

  /** The listener that traces calls; a driver without one works as well, so trouble is logged. */
  static Optional<CallListener> load() {
    return wanted(System.getenv()) ? load(folder()) : Optional.empty();
  }

  /** An exporter or a collector is named, and the whole is not disabled. */
  static boolean wanted(Map<String, String> environment) {
    String exporter = environment.getOrDefault("OTEL_TRACES_EXPORTER", "");
    boolean named =
        !exporter.isEmpty()
            || !environment.getOrDefault("OTEL_EXPORTER_OTLP_ENDPOINT", "").isEmpty()
            || !environment.getOrDefault("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").isEmpty();
    boolean off =
        exporter.equals("none")
            || environment.getOrDefault("OTEL_SDK_DISABLED", "").equalsIgnoreCase("true");
    return named && !off;
  }

  private static Path folder() {
    URL code = Tracing.class.getProtectionDomain().getCodeSource().getLocation();
    return Path.of(URI.create(code.toString())).resolveSibling(FOLDER);
  }

  static Optional<CallListener> load(Path folder) {
    if (!Files.isDirectory(folder)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "OTEL_* asks for traces, but there is no {0}: there will be none",
          folder);
      return Optional.empty();
    }
    try {
      // Open as long as the driver runs: classes are loaded when they are needed.
      var loader = new URLClassLoader(jars(folder), Tracing.class.getClassLoader());
      Optional<CallListener> found = ServiceLoader.load(CallListener.class, loader).findFirst();
      LOG.log(System.Logger.Level.INFO, "calls are traced: {0}", found.isPresent());
      return found;
    } catch (IOException | ServiceConfigurationError e) {
      // Whatever OpenTelemetry does not like in its variables comes as the latter.
      Throwable why = e.getCause() == null ? e : e.getCause();
      LOG.log(System.Logger.Level.WARNING, "there will be no traces: " + why.getMessage(), e);
      return Optional.empty();
    }
  }

  private static URL[] jars(Path folder) throws IOException {
    List<URL> jars = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
      for (Path file : files) {
        jars.add(url(file));
      }
    }
    return jars.toArray(URL[]::new);
  }

  private static URL url(Path file) throws MalformedURLException {
    return file.toUri().toURL();
  }
}
