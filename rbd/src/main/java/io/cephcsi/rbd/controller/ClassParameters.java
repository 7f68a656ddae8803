package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.cluster.SnapshotClassParameter;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.GoBoolean;
import io.cephcsi.csi.KubernetesNames;
import io.cephcsi.csi.Parameter;
import io.cephcsi.csi.Parameters;
import io.cephcsi.rbd.ClassParameter;
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
  private static final List<String> MOUNTERS = List.of("rbd", "rbd-nbd", "userspace");
  private static final List<String> LOG_STRATEGIES = List.of("remove", "compress", "preserve");

  ClassParameters {
    all = Map.copyOf(all);
  }

  String clusterId() {
    return parameters().required(ClassParameter.CLUSTER_ID);
  }

  String pool() {
    return parameters().required(ClassParameter.POOL);
  }

  /** The pools of the topologies; empty when the class has none. */
  Optional<List<TopologyPool>> topologyPools() {
    return Optional.ofNullable(all.get(ClassParameter.TOPOLOGY_POOLS.key())).map(TopologyPool::of);
  }

  /** The class as if it named that pool. */
  ClassParameters in(TopologyPool chosen) {
    Map<String, String> parameters = new TreeMap<>(all);
    parameters.put(ClassParameter.POOL.key(), chosen.pool());
    parameters.remove(ClassParameter.DATA_POOL.key());
    if (!chosen.dataPool().isEmpty()) {
      parameters.put(ClassParameter.DATA_POOL.key(), chosen.dataPool());
    }
    return new ClassParameters(parameters);
  }

  String namePrefix() {
    return namePrefix(ClassParameter.NAME_PREFIX);
  }

  /** Of a VolumeSnapshotClass. */
  String snapshotNamePrefix() {
    return namePrefix(SnapshotClassParameter.SNAPSHOT_NAME_PREFIX);
  }

  /** Of a VolumeGroupSnapshotClass. */
  String groupNamePrefix() {
    return namePrefix(SnapshotClassParameter.GROUP_NAME_PREFIX);
  }

  /** Of a VolumeSnapshotClass: without effect, since a snapshot stays in its volume's pool. */
  void requireNoEmptyPool() {
    var _ = optional(SnapshotClassParameter.POOL);
  }

  private String namePrefix(Parameter parameter) {
    return parameters().namePrefix(parameter, "an image");
  }

  /** The namespace of the claim, empty when the provisioner does not tell. */
  String owner() {
    return parameters().owner();
  }

  /**
   * What only a node uses, looked at here, so that a wrong class fails before there is a volume.
   */
  void requireMappable() {
    MapOptions.of(ClassParameter.MAP_OPTIONS.in(all)).require();
    MapOptions.of(ClassParameter.UNMAP_OPTIONS.in(all)).require();
    String mounter = optional(ClassParameter.MOUNTER);
    if (!mounter.isEmpty() && !MOUNTERS.contains(mounter)) {
      throw new CsiException.InvalidArgument(
          "mounter %s is unknown: use one of %s".formatted(mounter, String.join(", ", MOUNTERS)));
    }
    var _ = GoBoolean.of(ClassParameter.TRY_OTHER_MOUNTERS, all);
    requireLog();
  }

  /** Where and how long rbd-nbd keeps its log. */
  private void requireLog() {
    String directory = optional(ClassParameter.LOG_DIRECTORY);
    if (!directory.startsWith("/")) {
      throw new CsiException.InvalidArgument(
          "cephLogDir %s is relative: give an absolute path in the class".formatted(directory));
    }
    String strategy = optional(ClassParameter.LOG_STRATEGY);
    if (!LOG_STRATEGIES.contains(strategy.toLowerCase(Locale.ROOT))) {
      throw new CsiException.InvalidArgument(
          "cephLogStrategy %s is unknown: use one of %s"
              .formatted(strategy, String.join(", ", LOG_STRATEGIES)));
    }
  }

  /** How the image is laid out. */
  ImageOptions imageOptions() {
    var _ = optional(ClassParameter.RADOS_NAMESPACE); // the namespace itself comes from config.json
    String features = optional(ClassParameter.IMAGE_FEATURES);
    long stripeUnit = number(ClassParameter.STRIPE_UNIT);
    long stripeCount = number(ClassParameter.STRIPE_COUNT);
    if ((stripeUnit == 0) != (stripeCount == 0)) {
      throw new CsiException.InvalidArgument(
          "stripeUnit and stripeCount go together: set both or none");
    }
    return new ImageOptions(
        features.isEmpty() ? 0 : ImageFeatures.mask(features, ClassParameter.MOUNTER.in(all)),
        optional(ClassParameter.DATA_POOL),
        stripeUnit,
        stripeCount,
        objectSize());
  }

  /** What is told to the node: the parameters that are not Kubernetes' own. */
  Map<String, String> volumeContext() {
    Map<String, String> context = parameters().volumeContext();
    context.remove(ClassParameter.TOPOLOGY_POOLS.key());
    return context;
  }

  /** What Kubernetes calls the volume: metadata of the image, by the keys that it has there. */
  Map<String, String> kubernetesNames() {
    return KubernetesNames.ofVolume(all);
  }

  private long objectSize() {
    long size = number(ClassParameter.OBJECT_SIZE);
    if (all.containsKey(ClassParameter.OBJECT_SIZE.key()) && Long.bitCount(size) != 1) {
      throw new CsiException.InvalidArgument(
          "objectSize %s is not a power of two: set one that is, such as 4194304"
              .formatted(ClassParameter.OBJECT_SIZE.in(all)));
    }
    return size;
  }

  private long number(Parameter parameter) {
    String text = all.getOrDefault(parameter.key(), "0");
    try {
      return Long.parseUnsignedLong(text);
    } catch (NumberFormatException e) {
      throw new CsiException.InvalidArgument(
          "%s %s is not a number: correct it in the class".formatted(parameter.key(), text));
    }
  }

  private String optional(Parameter parameter) {
    return parameters().optional(parameter);
  }

  private Parameters parameters() {
    return new Parameters(all);
  }
}
