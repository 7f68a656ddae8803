package io.cephcsi.e2e.charts;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The program helm, with this project's charts.
 *
 * @param program what to run, with what launches it where there is such
 */
public record Helm(List<String> program) {
  /** The Kubernetes that charts are rendered for; a helm built from source takes a very old one. */
  static final String KUBERNETES = "1.34.0";

  private static final long SECONDS = 120;

  /** How a run ended. */
  public record Outcome(int exit, String output, String errors) {}

  /** The helm that the environment variable {@code HELM} names. */
  public static Helm found() {
    String program = System.getenv("HELM");
    if (program == null) {
      throw new IllegalStateException("HELM: run this by ./dev charts, which builds helm");
    }
    return new Helm(List.of(program));
  }

  /** The same, run by a command that takes one. */
  public Helm by(List<String> launcher) {
    return new Helm(Stream.concat(launcher.stream(), program.stream()).toList());
  }

  /**
   * All objects that a chart renders.
   *
   * @param arguments more of them, for instance {@code --set=a=b}
   * @throws IllegalStateException with helm's own words when it refuses
   */
  public List<ObjectNode> template(Chart chart, String release, String... arguments) {
    Outcome outcome = tryTemplate(chart, release, arguments);
    if (outcome.exit() != 0) {
      throw new IllegalStateException(outcome.errors());
    }
    return Yaml.objects(outcome.output());
  }

  /** The same, where it may well be refused. */
  public Outcome tryTemplate(Chart chart, String release, String... arguments) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "template", release, chart.folder().toString(), "--kube-version=" + KUBERNETES));
    all.addAll(List.of(arguments));
    return run(all);
  }

  /** Runs helm; its notes about the link to the shared templates are left out. */
  public Outcome run(List<String> arguments) {
    List<String> command = new ArrayList<>(program);
    command.addAll(arguments);
    try {
      Path errors = Files.createTempFile("helm", ".err");
      Process process =
          new ProcessBuilder(command)
              .redirectError(errors.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        var _ = process.destroyForcibly();
        throw new IOException("helm did not end within %d seconds".formatted(SECONDS));
      }
      String said =
          Files.readAllLines(errors).stream()
              .filter(line -> !line.contains("found symbolic link"))
              .collect(Collectors.joining("\n"));
      Files.delete(errors);
      return new Outcome(process.exitValue(), output, said);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("helm was interrupted", e);
    }
  }
}
