package io.cephcsi.cephfs.controller;

import io.cephcsi.cephfs.ClassParameter;
import io.cephcsi.cluster.SnapshotClassParameter;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.GoBoolean;
import io.cephcsi.csi.KubernetesNames;
import io.cephcsi.csi.Parameter;
import io.cephcsi.csi.Parameters;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The parameters of a StorageClass or one for snapshots, checked. */
record ClassParameters(Parameters named) {
  private static final List<String> MOUNTERS = List.of("kernel", "fuse");

  ClassParameters(Map<String, String> all) {
    this(new Parameters(all));
  }

  String clusterId() {
    return named.required(ClassParameter.CLUSTER_ID);
  }

  String fsName() {
    return named.required(ClassParameter.FS_NAME);
  }

  /** The pool for data; empty for that of the subvolume group. */
  String dataPool() {
    return named.optional(ClassParameter.POOL);
  }

  String namePrefix() {
    return named.namePrefix(ClassParameter.NAME_PREFIX, "a subvolume");
  }

  /** Of a VolumeSnapshotClass. */
  String snapshotNamePrefix() {
    return named.namePrefix(SnapshotClassParameter.SNAPSHOT_NAME_PREFIX, "a snapshot");
  }

  /** Of a VolumeGroupSnapshotClass. */
  String groupNamePrefix() {
    return named.namePrefix(SnapshotClassParameter.GROUP_NAME_PREFIX, "a group");
  }

  /** Whether a read-only volume of a snapshot only shows it; empty when the class does not say. */
  Optional<Boolean> backingSnapshot() {
    return bool(ClassParameter.BACKING_SNAPSHOT);
  }

  private Optional<Boolean> bool(Parameter parameter) {
    String text = named.optional(parameter);
    return text.isEmpty() ? Optional.empty() : Optional.of(GoBoolean.of(parameter.key(), text));
  }

  /** The namespace of the claim, empty when the provisioner does not tell. */
  String owner() {
    return named.owner();
  }

  /** Of a StorageClass: wrong ones are told before anything is asked of a cluster. */
  void requireVolume() {
    var _ = clusterId();
    var _ = fsName();
    var _ = dataPool();
    var _ = namePrefix();
    var _ = backingSnapshot();
    requireMountable();
    if (bool(ClassParameter.ENCRYPTED).orElse(false)) {
      throw new CsiException.InvalidArgument(
          "encrypted %s: this driver does not encrypt CephFS volumes, and will not make a plain one instead: leave it out"
              .formatted(ClassParameter.ENCRYPTED.in(named.all())));
    }
  }

  /**
   * What only a node uses, looked at here, so that a wrong class fails before there is a volume.
   */
  private void requireMountable() {
    String mounter = named.optional(ClassParameter.MOUNTER);
    if (!mounter.isEmpty() && !MOUNTERS.contains(mounter)) {
      throw new CsiException.InvalidArgument(
          "mounter %s is unknown: use one of %s".formatted(mounter, String.join(", ", MOUNTERS)));
    }
    var _ = named.optional(ClassParameter.KERNEL_MOUNT_OPTIONS);
    var _ = named.optional(ClassParameter.FUSE_MOUNT_OPTIONS);
  }

  /** Whether volumes are to be placed by where they are used, which CephFS cannot. */
  boolean constrainsTopology() {
    return named.all().containsKey(ClassParameter.TOPOLOGY_POOLS.key());
  }

  /** What is told to the node. */
  Map<String, String> volumeContext() {
    Map<String, String> context = named.volumeContext();
    context.remove(ClassParameter.TOPOLOGY_POOLS.key());
    return context;
  }

  /** What Kubernetes calls the volume: metadata of the subvolume, by the keys that it has there. */
  Map<String, String> kubernetesNames() {
    return KubernetesNames.ofVolume(named.all());
  }

  /** As {@link #kubernetesNames}, of a snapshot. */
  Map<String, String> kubernetesSnapshotNames() {
    return KubernetesNames.ofSnapshot(named.all());
  }
}
