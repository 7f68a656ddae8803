package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.GoBoolean;
import io.cephcsi.csi.KubernetesNames;
import io.cephcsi.csi.Parameters;
import io.cephcsi.rbd.MapOptions;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The parameters of a StorageClass, checked.
 *
 * @param all as in the request
 */
record ClassParameters(Map<String, String> all) {
  private static final String TOPOLOGY_POOLS = "topologyConstrainedPools";
  private static final List<String> MOUNTERS = List.of("rbd", "rbd-nbd", "userspace");
  private static final List<String> LOG_STRATEGIES = List.of("remove", "compress", "preserve");

  ClassParameters {
    all = Map.copyOf(all);
  }

  String clusterId() {
    return required("clusterID");
  }

  String pool() {
    return required("pool");
  }

  /** The pools of the topologies; empty when the class has none. */
  Optional<List<TopologyPool>> topologyPools() {
    return Optional.ofNullable(all.get(TOPOLOGY_POOLS)).map(TopologyPool::of);
  }

  /** The class as if it named that pool. */
  ClassParameters in(TopologyPool chosen) {
    Map<String, String> parameters = new TreeMap<>(all);
    parameters.put("pool", chosen.pool());
    parameters.remove("dataPool");
    if (!chosen.dataPool().isEmpty()) {
      parameters.put("dataPool", chosen.dataPool());
    }
    return new ClassParameters(parameters);
  }

  String namePrefix() {
    return namePrefix("volumeNamePrefix", "csi-vol-");
  }

  /** Of a VolumeSnapshotClass. */
  String snapshotNamePrefix() {
    return namePrefix("snapshotNamePrefix", "csi-snap-");
  }

  /** Of a VolumeGroupSnapshotClass. */
  String groupNamePrefix() {
    return namePrefix("volumeGroupNamePrefix", "csi-vol-group-");
  }

  /** Of a VolumeSnapshotClass: without effect, since a snapshot stays in its volume's pool. */
  void requireNoEmptyPool() {
    var _ = optional("pool", "");
  }

  private String namePrefix(String key, String otherwise) {
    return parameters().namePrefix(key, otherwise, "an image");
  }

  /** The namespace of the claim, empty when the provisioner does not tell. */
  String owner() {
    return parameters().owner();
  }

  /**
   * What only a node uses, looked at here, so that a wrong class fails before there is a volume.
   */
  void requireMappable() {
    for (String key : List.of("mapOptions", "unmapOptions")) {
      MapOptions.of(all.getOrDefault(key, "")).require();
    }
    String mounter = optional("mounter", "rbd");
    if (!MOUNTERS.contains(mounter)) {
      throw new CsiException.InvalidArgument(
          "mounter %s is unknown: use one of %s".formatted(mounter, String.join(", ", MOUNTERS)));
    }
    var _ = GoBoolean.of("tryOtherMounters", all.getOrDefault("tryOtherMounters", ""));
    requireLog();
  }

  /** Where and how long rbd-nbd keeps its log. */
  private void requireLog() {
    String directory = optional("cephLogDir", "/");
    if (!directory.startsWith("/")) {
      throw new CsiException.InvalidArgument(
          "cephLogDir %s is relative: give an absolute path in the class".formatted(directory));
    }
    String strategy = optional("cephLogStrategy", "remove");
    if (!LOG_STRATEGIES.contains(strategy.toLowerCase(Locale.ROOT))) {
      throw new CsiException.InvalidArgument(
          "cephLogStrategy %s is unknown: use one of %s"
              .formatted(strategy, String.join(", ", LOG_STRATEGIES)));
    }
  }

  /** How the image is laid out. */
  ImageOptions imageOptions() {
    optional("radosNamespace", ""); // the namespace itself comes from config.json
    String features = optional("imageFeatures", "");
    long stripeUnit = number("stripeUnit");
    long stripeCount = number("stripeCount");
    if ((stripeUnit == 0) != (stripeCount == 0)) {
      throw new CsiException.InvalidArgument(
          "stripeUnit and stripeCount go together: set both or none");
    }
    return new ImageOptions(
        features.isEmpty() ? 0 : ImageFeatures.mask(features, all.getOrDefault("mounter", "")),
        optional("dataPool", ""),
        stripeUnit,
        stripeCount,
        objectSize());
  }

  /** What is told to the node: the parameters that are not Kubernetes' own. */
  Map<String, String> volumeContext() {
    Map<String, String> context = parameters().volumeContext();
    context.remove(TOPOLOGY_POOLS);
    return context;
  }

  /** What Kubernetes calls the volume: metadata of the image, by the keys that it has there. */
  Map<String, String> kubernetesNames() {
    return KubernetesNames.ofVolume(all);
  }

  private long objectSize() {
    long size = number("objectSize");
    if (all.containsKey("objectSize") && Long.bitCount(size) != 1) {
      throw new CsiException.InvalidArgument(
          "objectSize %s is not a power of two: set one that is, such as 4194304"
              .formatted(all.get("objectSize")));
    }
    return size;
  }

  private long number(String key) {
    String text = all.getOrDefault(key, "0");
    try {
      return Long.parseUnsignedLong(text);
    } catch (NumberFormatException e) {
      throw new CsiException.InvalidArgument(
          "%s %s is not a number: correct it in the class".formatted(key, text));
    }
  }

  private String required(String key) {
    return parameters().required(key);
  }

  private String optional(String key, String otherwise) {
    return parameters().optional(key, otherwise);
  }

  private Parameters parameters() {
    return new Parameters(all);
  }
}
