package io.cephcsi.cephfs.node;

import csi.v1.NodePublishVolumeRequest;
import csi.v1.NodeStageVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cephfs.ClassParameter;
import io.cephcsi.cephfs.VolumeAttribute;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.GoBoolean;
import io.cephcsi.csi.Parameter;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.host.RequestPath;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * How a volume is to be staged, checked as far as that goes without a cluster.
 *
 * @param staging the staging path, on which the volume is mounted
 * @param accessMode as CSI calls it
 * @param context the volume context: the class's parameters, and where the volume is
 */
record StagePlan(
    String volumeId,
    Path staging,
    VolumeSource source,
    Credentials credentials,
    List<String> mountFlags,
    String accessMode,
    Map<String, String> context) {
  StagePlan {
    mountFlags = List.copyOf(mountFlags);
    context = Map.copyOf(context);
  }

  static StagePlan of(NodeStageVolumeRequest request) {
    RequiredField.require("volume_id", !request.getVolumeId().isEmpty());
    Path staging = RequestPath.absolute("staging_target_path", request.getStagingTargetPath());
    RequiredField.require("volume_capability", request.hasVolumeCapability());
    requireKnown(request.getVolumeCapability());
    Map<String, String> secrets = request.getSecretsMap();
    Map<String, String> context = request.getVolumeContextMap();
    requirePlain(request.getVolumeId(), GoBoolean.isTrue(ClassParameter.ENCRYPTED.in(context)));
    VolumeSource source =
        VolumeSource.of(request.getVolumeId(), context, VolumeAttribute.MONITORS.in(secrets));
    return new StagePlan(
        request.getVolumeId(),
        staging,
        source,
        StageSecret.of(source, secrets),
        request.getVolumeCapability().getMount().getMountFlagsList(),
        request.getVolumeCapability().getAccessMode().getMode().name(),
        context);
  }

  /** The plan by which a volume was staged that is to be published. */
  static StagePlan again(
      NodePublishVolumeRequest request, VolumeSource source, Credentials credentials) {
    Map<String, String> context = request.getVolumeContextMap();
    requirePlain(request.getVolumeId(), GoBoolean.isTrue(ClassParameter.ENCRYPTED.in(context)));
    return new StagePlan(
        request.getVolumeId(),
        RequestPath.absolute("staging_target_path", request.getStagingTargetPath()),
        source,
        credentials,
        request.getVolumeCapability().getMount().getMountFlagsList(),
        request.getVolumeCapability().getAccessMode().getMode().name(),
        context);
  }

  /** Refuses block volumes and requests without an access mode. */
  static void requireKnown(VolumeCapability capability) {
    if (capability.hasBlock()) {
      throw new CsiException.InvalidArgument(
          "CephFS has no block volumes: ask for volumeMode Filesystem");
    }
    AccessMode.Mode mode = capability.getAccessMode().getMode();
    if (mode == AccessMode.Mode.UNKNOWN || mode == AccessMode.Mode.UNRECOGNIZED) {
      throw new CsiException.InvalidArgument(
          "volume_capability has no access mode: the caller must set one");
    }
  }

  /** What ceph-csi encrypts must not be shown, or written, as it is. */
  static void requirePlain(String volumeId, boolean encrypted) {
    if (encrypted) {
      throw new CsiException.FailedPrecondition(
          "volume %s is encrypted, which this driver cannot do for CephFS yet: let ceph-csi stage it"
              .formatted(volumeId));
    }
  }

  /** Whether nobody writes. */
  boolean readOnly() {
    return accessMode.endsWith("READER_ONLY");
  }

  String attribute(Parameter parameter) {
    return parameter.in(context);
  }
}
