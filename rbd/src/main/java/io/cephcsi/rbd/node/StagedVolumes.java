package io.cephcsi.rbd.node;

import io.cephcsi.csi.VolumeId;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The volumes that are staged on this node, as the kernel tells of them: no device is opened. */
record StagedVolumes(Devices devices, Mounts mounts, BlockDevices blockDevices) {
  /** All of them; one that is just taken away is left out. */
  List<StagedVolume> all() {
    List<Mount> table = mounts.all();
    List<StagedVolume> staged = new ArrayList<>();
    for (MappedDevice device : devices.all()) {
      if (device.served()) {
        staged(device, table).ifPresent(staged::add);
      }
    }
    return staged;
  }

  private Optional<StagedVolume> staged(MappedDevice device, List<Mount> table) {
    try {
      String numbers = blockDevices.numbers(device.path());
      return table.stream()
          .filter(mount -> mount.device().equals(numbers) || mount.isNodeOf(device.path()))
          .map(mount -> String.valueOf(mount.path().getFileName()))
          .filter(name -> isVolumeId(name, device))
          .findFirst()
          .map(id -> staged(id, device));
    } catch (UncheckedIOException e) {
      return Optional.empty();
    }
  }

  /** The staging mount is called by its volume's id, in which a static one has no slashes. */
  private static boolean isVolumeId(String name, MappedDevice device) {
    return VolumeId.of(name).isPresent()
        || name.startsWith("mig_mons-")
        || name.endsWith("_" + device.image().image());
  }

  private StagedVolume staged(String id, MappedDevice device) {
    return new StagedVolume(
        id,
        device.image().toString(),
        device.path(),
        device.sizeBytes(),
        blockDevices.use(device.path()));
  }
}
