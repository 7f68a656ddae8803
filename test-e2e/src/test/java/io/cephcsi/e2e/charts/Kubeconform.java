package io.cephcsi.e2e.charts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Checks objects against what Kubernetes takes, by the program kubeconform. */
final class Kubeconform {
  private final Path schemas;

  private Kubeconform(Path schemas) {
    this.schemas = schemas;
  }

  /**
   * @param folder an empty one, for the schemas
   */
  static Kubeconform in(Path folder) throws IOException {
    new KubernetesSchemas(folder).write(Path.of(variable("KUBERNETES_API")));
    return new Kubeconform(folder);
  }

  /** What it says of all YAML files in a folder; nothing when they are right. */
  String problems(Path folder) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                variable("KUBECONFORM"),
                "-strict",
                "-output=text",
                "-schema-location=" + schemas.resolve(KubernetesSchemas.TEMPLATE),
                folder.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = process.waitFor();
    return exit == 0 ? "" : "exit %d%n%s".formatted(exit, output);
  }

  static String variable(String name) {
    String value = System.getenv(name);
    assertThat(value).as("%s: run the tests by ./dev charts, which builds it", name).isNotNull();
    return value;
  }

  static void write(Path folder, String name, String text) throws IOException {
    Files.writeString(folder.resolve(name + ".yaml"), text);
  }
}
