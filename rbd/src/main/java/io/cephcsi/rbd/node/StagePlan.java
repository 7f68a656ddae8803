package io.cephcsi.rbd.node;

import csi.v1.NodeStageVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.GoBoolean;
import io.cephcsi.csi.Parameter;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.host.Filesystems;
import io.cephcsi.rbd.ClassParameter;
import io.cephcsi.rbd.VolumeAttribute;
import io.cephcsi.rbd.VolumeHandle;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A NodeStageVolume request, checked as far as that goes without a cluster.
 *
 * @param block whether the device itself is wanted, without a filesystem
 * @param filesystem empty for a block volume
 * @param shared whether other nodes may have the image mapped too: none writes, or those who use
 *     the block device see to it
 * @param context the volume context, which is the class's parameters
 */
record StagePlan(
    String volumeId,
    StagedPath path,
    Credentials credentials,
    boolean block,
    String filesystem,
    List<String> mountFlags,
    boolean readOnly,
    boolean shared,
    Map<String, String> context) {
  private static final Set<AccessMode.Mode> MULTI_NODE =
      Set.of(
          AccessMode.Mode.MULTI_NODE_READER_ONLY,
          AccessMode.Mode.MULTI_NODE_SINGLE_WRITER,
          AccessMode.Mode.MULTI_NODE_MULTI_WRITER);

  static StagePlan of(NodeStageVolumeRequest request, NodeSettings settings) {
    RequiredField.require("volume_id", !request.getVolumeId().isEmpty());
    StagedPath path = StagedPath.of(request.getStagingTargetPath(), request.getVolumeId());
    requireCapability(request);
    requirePlain(request);
    VolumeCapability capability = request.getVolumeCapability();
    AccessMode.Mode mode = capability.getAccessMode().getMode();
    boolean readOnly =
        mode == AccessMode.Mode.MULTI_NODE_READER_ONLY
            || mode == AccessMode.Mode.SINGLE_NODE_READER_ONLY;
    return new StagePlan(
        request.getVolumeId(),
        path,
        Secrets.credentials(request.getSecretsMap()),
        capability.hasBlock(),
        capability.hasBlock() ? "" : filesystem(capability, settings),
        capability.getMount().getMountFlagsList(),
        readOnly,
        MULTI_NODE.contains(mode),
        Map.copyOf(request.getVolumeContextMap()));
  }

  /** What is to be encrypted must never be written plain. */
  private static void requirePlain(NodeStageVolumeRequest request) {
    if (GoBoolean.isTrue(ClassParameter.ENCRYPTED.in(request.getVolumeContextMap()))) {
      throw new CsiException.FailedPrecondition(
          "volume %s is encrypted, which this driver cannot do yet: let ceph-csi stage it"
              .formatted(request.getVolumeId()));
    }
  }

  private static void requireCapability(NodeStageVolumeRequest request) {
    RequiredField.require("volume_capability", request.hasVolumeCapability());
    VolumeCapability capability = request.getVolumeCapability();
    switch (capability.getAccessMode().getMode()) {
      case MULTI_NODE_MULTI_WRITER, MULTI_NODE_SINGLE_WRITER -> {
        if (!capability.hasBlock()) {
          throw new CsiException.InvalidArgument(
              "access mode %s: a filesystem on an image can be written on one node only, ask for ReadWriteOnce or volumeMode Block"
                  .formatted(capability.getAccessMode().getMode()));
        }
      }
      case UNKNOWN, UNRECOGNIZED ->
          throw new CsiException.InvalidArgument(
              "volume_capability has no access mode: the caller must set one");
      default -> {}
    }
  }

  private static String filesystem(VolumeCapability capability, NodeSettings settings) {
    String asked = capability.getMount().getFsType();
    String filesystem = asked.isEmpty() ? settings.filesystem() : asked;
    if (!Filesystems.KNOWN.contains(filesystem)) {
      throw new CsiException.InvalidArgument(
          "filesystem %s is not supported: use one of %s".formatted(filesystem, Filesystems.KNOWN));
    }
    return filesystem;
  }

  /**
   * Where its image is; empty when the id tells nothing. Of a static volume the context tells it.
   *
   * @throws CsiException.InvalidArgument when the context of a static volume lacks something
   */
  Optional<VolumeHandle> handle() {
    if (!GoBoolean.isTrue(VolumeAttribute.STATIC.in(context))) {
      return VolumeHandle.of(volumeId);
    }
    boolean inTree = VolumeAttribute.MIGRATION.in(context).equals("true");
    return Optional.of(
        new VolumeHandle.Static(
            ofStatic(ClassParameter.CLUSTER_ID),
            ofStatic(ClassParameter.POOL),
            inTree ? ofStatic(VolumeAttribute.IMAGE_NAME) : imageOfStatic()));
  }

  private String ofStatic(Parameter parameter) {
    String value = parameter.in(context);
    if (value.isEmpty()) {
      throw new CsiException.InvalidArgument(
          "static volume %s: %s is missing in its PV's volumeAttributes: add it there"
              .formatted(volumeId, parameter.key()));
    }
    return value;
  }

  /** The id is the image's name, or ends with it. */
  private String imageOfStatic() {
    return VolumeHandle.of(volumeId).orElse(null) instanceof VolumeHandle.Static named
        ? named.image()
        : volumeId;
  }

  /** How it is to be staged, in a word. */
  String shape() {
    return block ? "block" : filesystem;
  }

  /** The options of the mount: what the filesystem needs, then the class's flags. */
  List<String> mountOptions() {
    Set<String> options = new LinkedHashSet<>();
    if (filesystem.equals("xfs")) {
      options.add("nouuid"); // a clone has its source's UUID
    }
    options.add("_netdev");
    options.addAll(mountFlags);
    if (readOnly) {
      options.add("ro");
    }
    options.add("defaults");
    return List.copyOf(options);
  }

  /** The class's own options of mkfs; empty for the default ones. */
  List<String> mkfsOptions() {
    String options = ClassParameter.MKFS_OPTIONS.in(context);
    List<String> words = new ArrayList<>(List.of(options.split(" ", -1)));
    words.removeIf(String::isEmpty);
    return words;
  }
}
