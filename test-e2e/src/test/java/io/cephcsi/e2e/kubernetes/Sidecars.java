package io.cephcsi.e2e.kubernetes;

import io.cephcsi.e2e.charts.Chart;
import java.util.List;
import java.util.stream.Collectors;

/** The sidecars of the provisioner's pods, in the versions that are built for the tests. */
final class Sidecars {
  private static final List<String> OF_ALL = List.of("provisioner", "resizer", "snapshotter");
  private static final List<String> OF_RBD =
      List.of("provisioner", "resizer", "snapshotter", "attacher");

  private Sidecars() {}

  /** The values of a chart that ask for these versions, as {@code --set} takes them. */
  static String values(Chart chart) {
    return (chart == Chart.RBD ? OF_RBD : OF_ALL)
        .stream()
            .map(name -> "provisioner.%s.image.tag=%s".formatted(name, Programs.tag("csi-" + name)))
            .collect(Collectors.joining(","));
  }
}
