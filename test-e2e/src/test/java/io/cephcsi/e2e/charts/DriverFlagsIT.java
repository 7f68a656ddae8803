package io.cephcsi.e2e.charts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cephcsi.e2e.Checkout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The driver takes all flags that the charts give it. */
class DriverFlagsIT {
  private static final String EVERYTHING =
      "--set=instanceID=i,readAffinity.enabled=true,"
          + "readAffinity.crushLocationLabels={a/b},provisioner.clustername=k,provisioner.profiling.enabled=true";
  private static final String OF_RBD =
      "--set=fencing.enabled=true,topology.domainLabels={zone},provisioner.skipForceFlatten=true";
  private static final String OF_CEPHFS =
      "--set=radosNamespaceCephFS=ns,nodeplugin.forcecephkernelclient=true";

  @ParameterizedTest
  @EnumSource
  void chartWithAllValues_givesOnlyFlagsOfTheDriver(Chart chart) throws Exception {
    List<ObjectNode> objects =
        Helm.found()
            .template(chart, "release", EVERYTHING, chart == Chart.RBD ? OF_RBD : OF_CEPHFS);
    List<List<String>> commands = new ArrayList<>();
    for (ObjectNode object : objects) {
      for (JsonNode container : object.at("/spec/template/spec/containers")) {
        if (container.path("image").asText().startsWith("cephcsi:")) {
          commands.add(arguments(container));
        }
      }
    }

    assertThat(commands).hasSize(4);
    for (List<String> command : commands) {
      assertThat(run(command)).as("%s", command).contains("Cephcsi Version");
    }
  }

  private static List<String> arguments(JsonNode container) {
    List<String> arguments = new ArrayList<>();
    container.path("args").forEach(argument -> arguments.add(argument.asText()));
    return arguments;
  }

  /** With {@code --version}, all flags are read and nothing is started. */
  private static String run(List<String> flags) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Checkout.root().resolve("bin/cephcsi").toString());
    command.addAll(flags);
    command.add("--version");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
