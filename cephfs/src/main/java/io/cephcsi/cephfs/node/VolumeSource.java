package io.cephcsi.cephfs.node;

import io.cephcsi.cephfs.ClassParameter;
import io.cephcsi.cephfs.VolumeAttribute;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.GoBoolean;
import io.cephcsi.csi.Parameter;
import io.cephcsi.csi.VolumeId;
import java.util.Map;
import java.util.Optional;

/** Who knows where a volume's data is. */
sealed interface VolumeSource {
  /**
   * A volume that this driver or ceph-csi made.
   *
   * @param path of its subvolume, as the volume context has it; empty when only the cluster knows
   * @param fileSystem as the context has it, empty as above
   */
  record Provisioned(VolumeId id, String path, String fileSystem) implements VolumeSource {
    /**
     * Whether the context tells all. A slash at the end stands for a volume that shows a snapshot.
     */
    boolean located() {
      return !fileSystem.isEmpty() && !path.isEmpty() && !path.endsWith("/");
    }
  }

  /**
   * A directory that an admin names.
   *
   * @param fileSystem empty for the cluster's default one
   * @param snapshot a part of the name of the snapshot that is wanted, empty for the directory
   */
  record Static(String clusterId, String fileSystem, String path, String snapshot)
      implements VolumeSource {}

  /** As {@link Static}, in the old style, with the monitors' addresses. */
  record Monitored(String monitors, String path, String snapshot) implements VolumeSource {}

  /** Whether a snapshot is to be shown, as far as that is known without the cluster. */
  default boolean showsSnapshot() {
    return switch (this) {
      case Provisioned provisioned -> provisioned.path().endsWith("/");
      case Static named -> !named.snapshot().isEmpty();
      case Monitored named -> !named.snapshot().isEmpty();
    };
  }

  /** The cluster's id in config.json, where there is one. */
  default Optional<String> configured() {
    return switch (this) {
      case Provisioned provisioned -> Optional.of(provisioned.id().clusterId());
      case Static named -> Optional.of(named.clusterId());
      case Monitored _ -> Optional.empty();
    };
  }

  /** What is mounted of the filesystem; empty where only the cluster knows. */
  default Optional<String> directory() {
    return switch (this) {
      case Provisioned provisioned ->
          provisioned.located() ? Optional.of(provisioned.path()) : Optional.empty();
      case Static named -> Optional.of(named.path());
      case Monitored named -> Optional.of(named.path());
    };
  }

  /**
   * Reads a volume context.
   *
   * @throws CsiException.InvalidArgument when the context of a static volume lacks something
   * @throws CsiException.NotFound when the id is none of ours and the volume not static
   */
  static VolumeSource of(String volumeId, Map<String, String> context, String secretMonitors) {
    var attributes = new Attributes(volumeId, context);
    if (GoBoolean.isTrue(attributes.get(VolumeAttribute.STATIC))) {
      return new Static(
          attributes.require(ClassParameter.CLUSTER_ID),
          attributes.get(ClassParameter.FS_NAME),
          attributes.require(VolumeAttribute.ROOT_PATH),
          attributes.get(VolumeAttribute.BACKING_SNAPSHOT_ID));
    }
    Optional<VolumeId> id = VolumeId.of(volumeId);
    if (id.isPresent()) {
      return new Provisioned(
          id.get(),
          attributes.get(VolumeAttribute.SUBVOLUME_PATH),
          attributes.get(ClassParameter.FS_NAME));
    }
    if (!attributes.get(VolumeAttribute.MONITORS).isEmpty()) {
      return monitored(attributes, secretMonitors);
    }
    throw Volumes.missing(volumeId);
  }

  private static VolumeSource monitored(Attributes attributes, String secretMonitors) {
    String monitors =
        secretMonitors.isEmpty() ? attributes.get(VolumeAttribute.MONITORS) : secretMonitors;
    String path =
        GoBoolean.isTrue(attributes.require(VolumeAttribute.PROVISIONED))
            ? "/csi-volumes/" + attributes.volumeId()
            : attributes.require(VolumeAttribute.ROOT_PATH);
    return new Monitored(monitors, path, attributes.get(VolumeAttribute.BACKING_SNAPSHOT_ID));
  }

  /** What a PV says. */
  record Attributes(String volumeId, Map<String, String> context) {
    String get(Parameter parameter) {
      return parameter.in(context);
    }

    String require(Parameter parameter) {
      String value = get(parameter);
      if (value.isEmpty()) {
        throw new CsiException.InvalidArgument(
            "static volume %s: %s is missing in its PV's volumeAttributes: add it there"
                .formatted(volumeId, parameter.key()));
      }
      return value;
    }
  }
}
