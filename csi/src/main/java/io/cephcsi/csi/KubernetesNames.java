package io.cephcsi.csi;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What volumes and snapshots say in their metadata of whom they are for, by ceph-csi's keys. */
public final class KubernetesNames {
  public static final String CLUSTER_NAME = "csi.ceph.com/cluster/name";

  private static final List<String> OF_VOLUMES = List.of("pvc/name", "pvc/namespace", "pv/name");
  private static final List<String> OF_SNAPSHOTS =
      List.of("volumesnapshot/name", "volumesnapshot/namespace", "volumesnapshotcontent/name");

  /** All keys; copies get them along, and they are wrong there. */
  public static final Set<String> KEYS = keys();

  private KubernetesNames() {}

  /** What a request's parameters say of the volume. */
  public static Map<String, String> ofVolume(Map<String, String> parameters) {
    return those(OF_VOLUMES, parameters);
  }

  /** What a request's parameters say of the snapshot. */
  public static Map<String, String> ofSnapshot(Map<String, String> parameters) {
    return those(OF_SNAPSHOTS, parameters);
  }

  private static Map<String, String> those(List<String> names, Map<String, String> parameters) {
    Map<String, String> metadata = new TreeMap<>();
    for (String name : names) {
      String value = parameters.get(Parameters.KUBERNETES + name);
      if (value != null) {
        metadata.put(Parameters.KUBERNETES + name, value);
      }
    }
    return metadata;
  }

  private static Set<String> keys() {
    Set<String> keys = new TreeSet<>(Set.of(CLUSTER_NAME));
    OF_VOLUMES.forEach(name -> keys.add(Parameters.KUBERNETES + name));
    OF_SNAPSHOTS.forEach(name -> keys.add(Parameters.KUBERNETES + name));
    return Set.copyOf(keys);
  }
}
