package io.cephcsi.e2e.kubernetes;

import io.cephcsi.e2e.charts.Chart;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The sidecars of the charts' pods, in the versions that are built for the tests. */
final class Sidecars {
  private static final String REGISTRAR = "csi-node-driver-registrar";
  private static final List<String> OF_ALL = List.of("provisioner", "resizer", "snapshotter");
  private static final List<String> OF_RBD =
      List.of("provisioner", "resizer", "snapshotter", "attacher");

  private Sidecars() {}

  /** The values of a chart that ask for these versions, as {@code --set} takes them. */
  static String values(Chart chart) {
    List<String> values = new ArrayList<>();
    for (String name : chart == Chart.RBD ? OF_RBD : OF_ALL) {
      values.add("provisioner.%s.image.tag=%s".formatted(name, Programs.tag("csi-" + name)));
    }
    values.add("nodeplugin.registrar.image.tag=" + Programs.tag(REGISTRAR));
    return String.join(",", values);
  }

  /** All of them, by the names of their programs. */
  static List<String> programs() {
    return Stream.concat(OF_RBD.stream().map(name -> "csi-" + name), Stream.of(REGISTRAR)).toList();
  }

  /** Where the charts take the image of such a program from. */
  static String repository(String program) {
    return "registry.k8s.io/sig-storage/" + program;
  }
}
