package io.cephcsi.cephfs.controller;

import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import io.cephcsi.csi.CsiException;
import java.util.List;
import java.util.Optional;

/** Which volume capabilities a CephFS volume can have. */
final class Capabilities {
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
    if (capability.hasBlock()) {
      return Optional.of("access type block: CephFS has no block devices, take mount, or RBD");
    }
    if (!capability.hasMount()) {
      return Optional.of("volume capability has no access type: set mount");
    }
    if (!capability.hasAccessMode() || mode(capability) == AccessMode.Mode.UNKNOWN) {
      return Optional.of("volume capability has no access mode: the caller must set one");
    }
    return Optional.empty();
  }

  /** Whether nobody may write, by any of the capabilities. */
  static boolean readOnly(List<VolumeCapability> capabilities) {
    return capabilities.stream().allMatch(Capabilities::readOnly);
  }

  private static boolean readOnly(VolumeCapability capability) {
    return mode(capability) == AccessMode.Mode.SINGLE_NODE_READER_ONLY
        || mode(capability) == AccessMode.Mode.MULTI_NODE_READER_ONLY;
  }

  private static AccessMode.Mode mode(VolumeCapability capability) {
    return capability.getAccessMode().getMode();
  }
}
