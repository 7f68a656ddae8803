package io.cephcsi.rbd.controller;

import static java.util.stream.Collectors.joining;

import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import io.cephcsi.csi.CsiException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which volume capabilities an RBD volume can have. */
final class Capabilities {
  private static final Set<String> FILESYSTEMS = Set.of("", "ext4", "xfs");

  private Capabilities() {}

  /**
   * Checks the capabilities of a new volume.
   *
   * @param blank whether there is nothing in it to be read
   * @throws CsiException.InvalidArgument when there are none, or one cannot be had
   */
  static void require(List<VolumeCapability> capabilities, boolean blank) {
    if (capabilities.isEmpty()) {
      throw new CsiException.InvalidArgument("volume_capabilities is empty: name at least one");
    }
    for (VolumeCapability capability : capabilities) {
      Optional<String> trouble = trouble(capability);
      if (trouble.isPresent()) {
        throw new CsiException.InvalidArgument(trouble.get());
      }
      if (blank && readOnly(capability)) {
        throw new CsiException.InvalidArgument(
            "access mode %s: a new empty volume cannot be read-only, name a source to read"
                .formatted(mode(capability)));
      }
    }
  }

  /** Why an existing volume cannot have the capability; empty when it can. */
  static Optional<String> trouble(VolumeCapability capability) {
    if (!capability.hasMount() && !capability.hasBlock()) {
      return Optional.of("volume capability has no access type: set mount or block");
    }
    if (!capability.hasAccessMode() || mode(capability) == AccessMode.Mode.UNKNOWN) {
      return Optional.of("volume capability has no access mode: the caller must set one");
    }
    if (capability.hasBlock()) {
      return Optional.empty(); // what shares a block device sees to it that writes are in order
    }
    if (!FILESYSTEMS.contains(capability.getMount().getFsType())) {
      return Optional.of(
          "filesystem %s is not supported: use ext4 or xfs"
              .formatted(capability.getMount().getFsType()));
    }
    return switch (mode(capability)) {
      case MULTI_NODE_MULTI_WRITER, MULTI_NODE_SINGLE_WRITER ->
          Optional.of(
              "access mode %s: a filesystem on an image can be written on one node only, ask for ReadWriteOnce or volumeMode Block"
                  .formatted(mode(capability)));
      default -> Optional.empty();
    };
  }

  /** The same text for the same capabilities, in whatever order. */
  static String text(List<VolumeCapability> capabilities) {
    return capabilities.stream().map(Capabilities::text).distinct().sorted().collect(joining(", "));
  }

  private static String text(VolumeCapability capability) {
    String access =
        capability.hasBlock() ? "block" : ("mount " + capability.getMount().getFsType()).strip();
    return access + " " + mode(capability);
  }

  private static boolean readOnly(VolumeCapability capability) {
    return mode(capability) == AccessMode.Mode.SINGLE_NODE_READER_ONLY
        || mode(capability) == AccessMode.Mode.MULTI_NODE_READER_ONLY;
  }

  private static AccessMode.Mode mode(VolumeCapability capability) {
    return capability.getAccessMode().getMode();
  }
}
