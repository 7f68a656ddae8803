package io.cephcsi.rbd.node;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.csi.host.Mount;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The images that are mapped on this node, by whatever mapper. */
final class Devices {
  private static final Duration RESIZE_PATIENCE = Duration.ofSeconds(20);

  private final List<Mapper> mappers;
  private final BlockDevices blockDevices;

  Devices(List<Mapper> mappers, BlockDevices blockDevices) {
    this.mappers = List.copyOf(mappers);
    this.blockDevices = blockDevices;
  }

  /** A device and the mapper that made it. */
  record Held(Mapper mapper, MappedDevice device) {
    void unmap(String options) {
      try (var _ = Phase.MAP.begin()) {
        mapper.unmap(device, options);
      }
    }

    /** With a process behind it; as it is when there is one. */
    Held revived(MapRequest request) {
      return device.served() ? this : new Held(mapper, mapper.revive(device, request));
    }

    Held resized(long sizeBytes) {
      return sizeBytes <= device.sizeBytes()
          ? this
          : new Held(mapper, mapper.resize(device, sizeBytes, RESIZE_PATIENCE));
    }
  }

  /** The device that shows the image of that name; empty when it is not mapped here. */
  Optional<Held> of(ImageSpec image) {
    return find(device -> device.image().equals(image));
  }

  /** All devices whose process has ended; reading and writing waits there. */
  List<Held> lost() {
    return mappers.stream()
        .flatMap(mapper -> mapper.lost().stream().map(device -> new Held(mapper, device)))
        .toList();
  }

  /**
   * The volume's device when its process has ended: the one with the volume's id, or, where the
   * kernel keeps none, the one that the stash names.
   */
  Optional<Held> lost(String volumeId, Optional<Stash> stash) {
    String stashed = stash.filter(Stash::nbd).map(Stash::device).orElse("");
    return lost().stream().filter(held -> isOf(held.device(), volumeId, stashed)).findFirst();
  }

  private static boolean isOf(MappedDevice device, String volumeId, String stashed) {
    return device.volumeId().isEmpty()
        ? device.path().toString().equals(stashed)
        : device.volumeId().equals(volumeId);
  }

  /** All that is mapped. */
  List<MappedDevice> all() {
    return mappers.stream().flatMap(mapper -> mapper.devices().stream()).toList();
  }

  /** Takes away what a mapping of the image that ended badly has left; the image is not mapped. */
  void clear(ImageSpec image) {
    mappers.forEach(mapper -> mapper.clear(image));
  }

  /** The device below a mount; empty when it is none of ours. */
  Optional<Held> below(Mount mount) {
    return find(device -> isShownBy(mount, device));
  }

  /** Whether the mount is of the device's filesystem, or of its node. */
  boolean isShownBy(Mount mount, MappedDevice device) {
    return mount.isNodeOf(device.path())
        || blockDevices.numbers(device.path()).equals(mount.device());
  }

  private Optional<Held> find(Predicate<MappedDevice> wanted) {
    for (Mapper mapper : mappers) {
      for (MappedDevice device : mapper.devices()) {
        if (wanted.test(device)) {
          return Optional.of(new Held(mapper, device));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * The mapper that the class asks for, or another one where it allows that.
   *
   * @param mounter what the class says, or the default
   * @param others whether another one may take its place
   * @param features the image's, as a mask
   * @throws CsiException.FailedPrecondition when none can be used on this node
   */
  Mapper mapper(String mounter, boolean others, long features) {
    Mapper wished =
        mappers.stream()
            .filter(m -> m.name().equals(mounter))
            .findFirst()
            .orElseThrow(() -> unknown(mounter));
    String trouble = wished.trouble(features);
    if (trouble.isEmpty()) {
      return wished;
    }
    Optional<Mapper> other =
        mappers.stream().filter(m -> others && m.trouble(features).isEmpty()).findFirst();
    return other.orElseThrow(() ->
        new CsiException.FailedPrecondition(
            "mounter %s cannot be used on this node: %s; mend that, choose fewer imageFeatures, or set tryOtherMounters: \"true\" or mounter: userspace in the class"
                .formatted(mounter, trouble)));
  }

  private CsiException unknown(String mounter) {
    return new CsiException.InvalidArgument(
        "mounter %s is unknown: use one of %s"
            .formatted(mounter, mappers.stream().map(Mapper::name).toList()));
  }
}
