package io.cephcsi.cmd.docs;

import io.cephcsi.cluster.SecretKey;
import io.cephcsi.cluster.SnapshotClassParameter;
import io.cephcsi.csi.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code docs/reference/parameters.md}: what classes, Secrets and volumes may say. */
final class ParametersPage {
  private static final Map<String, Parameter[]> OF_CLASSES = new LinkedHashMap<>();

  static {
    OF_CLASSES.put("StorageClass, RBD", io.cephcsi.rbd.ClassParameter.values());
    OF_CLASSES.put("StorageClass, CephFS", io.cephcsi.cephfs.ClassParameter.values());
    OF_CLASSES.put(
        "VolumeSnapshotClass and VolumeGroupSnapshotClass", SnapshotClassParameter.values());
  }

  private static final Map<String, Parameter[]> OF_VOLUMES = new LinkedHashMap<>();

  static {
    OF_VOLUMES.put("Attributes of volumes, RBD", io.cephcsi.rbd.VolumeAttribute.values());
    OF_VOLUMES.put("Attributes of volumes, CephFS", io.cephcsi.cephfs.VolumeAttribute.values());
  }

  private ParametersPage() {}

  /** All that the page lists. */
  static List<Parameter> all() {
    List<Parameter> all = new ArrayList<>(List.of(SecretKey.values()));
    OF_CLASSES.values().forEach(parameters -> all.addAll(List.of(parameters)));
    OF_VOLUMES.values().forEach(parameters -> all.addAll(List.of(parameters)));
    return all;
  }

  /** The page. */
  static String text() {
    var page = new StringBuilder();
    page.append(
        """
        # Parameters of classes

        Made from the code by `./dev docs write`. The names are ceph-csi's, so its classes can be taken as they are. A parameter that is
        there and empty is refused. What only a node uses (`mapOptions`, `mounter` and the like) is read at CreateVolume too, so that a
        wrong class fails before there is a volume.
        """);
    OF_CLASSES.forEach((title, parameters) -> {
      page.append("\n## ").append(title).append("\n\n");
      page.append("| parameter | default | what it is |\n|---|---|---|\n");
      for (Parameter parameter : parameters) {
        var told = parameter.told();
        page.append("| `%s` | %s | %s |\n".formatted(told.key(), told.missing(), told.about()));
      }
    });
    keys(page, "Secrets", SecretKey.values());
    OF_VOLUMES.forEach((title, attributes) -> keys(page, title, attributes));
    page.append(
        """

        A PersistentVolume has them in `volumeAttributes`, beside the parameters of its class; who makes one by hand writes them there:
        [static volumes](../guides/static-volumes.md).
        """);
    return page.toString();
  }

  private static void keys(StringBuilder page, String title, Parameter[] parameters) {
    page.append("\n## ").append(title).append("\n\n| key | what it is |\n|---|---|\n");
    for (Parameter parameter : parameters) {
      page.append("| `%s` | %s |\n".formatted(parameter.key(), parameter.told().about()));
    }
  }
}
