package io.cephcsi.rbd.node;

import static io.cephcsi.cluster.HealthProblem.degraded;
import static io.cephcsi.cluster.HealthProblem.inaccessible;

import io.cephcsi.ceph.CephException;
import io.cephcsi.cluster.Blocklist;
import io.cephcsi.cluster.HealthProblem;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Look;
import io.cephcsi.cluster.Looks;
import io.cephcsi.cluster.MonitorLooks;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Filesystems;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.rbd.Pools;
import io.cephcsi.rbd.VolumeHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What is wrong with a mounted volume: its device, its filesystem, its client of the cluster. */
record MountedHealth(
    Devices devices,
    BlockDevices blockDevices,
    Filesystems filesystems,
    Pools pools,
    KnownUsers users,
    Looks looks) {
  private static final String REMEDY =
      "delete its pods on this node, so that it is unstaged and staged again";

  List<HealthProblem> problems(String volumeId, Mount mount) {
    Optional<Devices.Held> held = devices.below(mount);
    Path device = held.map(h -> h.device().path()).orElse(deviceOf(mount));
    if (!blockDevices.exists(device)) {
      return List.of(
          inaccessible(
              "DeviceGone",
              "%s, which is mounted at %s, is gone from this node: %s"
                  .formatted(device, mount.path(), REMEDY)));
    }
    List<HealthProblem> problems = new ArrayList<>();
    long until = looks.deadline();
    Look<Boolean> reading =
        looks.begin(device.toString(), volumeId, () -> read(mount, device), until);
    Optional<Look<Blocklist>> blocklist =
        held.filter(h -> !h.device().client().isEmpty())
            .flatMap(_ -> VolumeHandle.of(volumeId))
            .map(VolumeHandle::clusterId)
            .flatMap(cluster -> blocklist(cluster, until));
    reading(reading, mount, device, until).ifPresent(problems::add);
    filesystem(mount, device).forEach(problems::add);
    blocklist
        .flatMap(look -> seen(look, until))
        .filter(list -> list.has(held.orElseThrow().device().client()))
        .ifPresent(list -> problems.add(blocklisted(held.orElseThrow().device())));
    return problems;
  }

  /** None where the cluster is not configured any more, or no user is known. */
  private Optional<Look<Blocklist>> blocklist(String clusterId, long until) {
    return pools
        .findConfig(clusterId)
        .flatMap(config ->
            users
                .find(clusterId)
                .map(user ->
                    new MonitorLooks(looks, pools::lend)
                        .begin(config, user, until, "blocklist", Blocklist::of)));
  }

  /** Where none of ours is below the mount, the name tells what was mounted. */
  private static Path deviceOf(Mount mount) {
    return mount.isDeviceNode()
        ? Path.of("/dev").resolve(mount.root().substring(mount.root().lastIndexOf('/') + 1))
        : Path.of(mount.source());
  }

  private boolean read(Mount mount, Path device) {
    filesystems.readFrom(device);
    if (!mount.isDeviceNode()) {
      filesystems.lookAt(mount.path());
    }
    return true;
  }

  private static Optional<HealthProblem> reading(
      Look<Boolean> look, Mount mount, Path device, long until) {
    try {
      return look.await(until).isPresent()
          ? Optional.empty()
          : Optional.of(
              inaccessible(
                  "NotAnswering",
                  "%s, which is mounted at %s, is not answering since %s: see whether the cluster's OSDs run and can be reached from this node"
                      .formatted(device, mount.path(), look.silentSince())));
    } catch (CommandFailed e) {
      return Optional.of(
          inaccessible(
              "ReadFails",
              "what is mounted at %s cannot be read: %s; see the kernel's log (dmesg), then %s"
                  .formatted(mount.path(), e.getMessage(), REMEDY)));
    }
  }

  private List<HealthProblem> filesystem(Mount mount, Path device) {
    List<HealthProblem> problems = new ArrayList<>();
    if (mount.turnedReadOnly()) {
      problems.add(
          degraded(
              "FilesystemReadOnly",
              "the %s on %s turned read-only after an error: see the kernel's log (dmesg), then %s, which checks it"
                  .formatted(mount.filesystem(), device, REMEDY)));
    }
    long errors = mount.filesystem().equals("ext4") ? blockDevices.filesystemErrors(device) : 0;
    if (errors > 0) {
      problems.add(
          degraded(
              "FilesystemErrors",
              "ext4 has met %d errors on %s since it was checked: %s, which checks it"
                  .formatted(errors, device, REMEDY)));
    }
    return problems;
  }

  /** Monitors that do not answer, or refuse, say nothing of this volume. */
  private static Optional<Blocklist> seen(Look<Blocklist> look, long until) {
    try {
      return look.await(until);
    } catch (CephException e) {
      return Optional.empty();
    }
  }

  private static HealthProblem blocklisted(MappedDevice device) {
    return inaccessible(
        "ClientBlocklisted",
        "the cluster has the client of %s, %s, in its blocklist (ceph osd blocklist ls): what it had not written yet is lost; %s"
            .formatted(device.path(), device.client(), REMEDY));
  }
}
