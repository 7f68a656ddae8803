package io.cephcsi.cephfs.node;

import io.cephcsi.ceph.CephException;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.Undo;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Commands;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** A volume at its staging path. Call it with the volume held. */
record StagedMount(
    VolumeRoots roots,
    Mounters mounters,
    MountProcesses processes,
    Mounts mounts,
    Pulse pulse,
    MountRecords records,
    Commands commands) {
  private static final Duration LIST = Duration.ofSeconds(20);

  /**
   * Sees that the volume is mounted and answers: mounts it, or mounts it again when the client that
   * had it is gone or was evicted.
   *
   * @throws CsiException.FailedPrecondition when something else is mounted there
   * @throws CsiException.AlreadyExists when it is mounted in the other mode
   * @throws CsiException.Unavailable when it is mounted and does not answer
   */
  void ensure(StagePlan plan) throws IOException {
    Optional<Mount> there = mounts.at(plan.staging());
    if (there.isPresent()) {
      Mounter mounter = requireOurs(there.get(), plan);
      if (isWhole(there.get(), plan.source(), plan.staging())) {
        requireMode(there.get(), mounter, plan);
        requireSame(there.get(), mounter, plan);
        record(mounter, plan);
        return;
      }
      mounts.detach(plan.staging());
    }
    processes.endUnfinished(plan.staging());
    mount(plan);
  }

  private Mounter requireOurs(Mount mount, StagePlan plan) {
    return mounters.of(mount).orElseThrow(() -> notOurs(mount, plan));
  }

  private static CsiException notOurs(Mount mount, StagePlan plan) {
    return new CsiException.FailedPrecondition(
        "%s is mounted at %s, which is not volume %s: unmount it first"
            .formatted(mount.source(), mount.path(), plan.volumeId()));
  }

  /**
   * Whether what is mounted lives and is all that is to be mounted: of a snapshot, not only its
   * parent's directory.
   *
   * @throws CsiException.Unavailable when it does not answer
   */
  boolean isWhole(Mount mount, VolumeSource source, Path staging) {
    return pulse.beats(staging) && !(source.showsSnapshot() && mount.root().equals("/"));
  }

  private void requireSame(Mount mount, Mounter mounter, StagePlan plan) {
    Predicate<String> other = directory -> mounter.showsOther(mount, plan.staging(), directory);
    if (plan.source().directory().filter(other).isPresent()) {
      CsiException refusal = notOurs(mount, plan);
      if (asked(plan, refusal).map(VolumeRoot::directory).filter(other.negate()).isEmpty()) {
        throw refusal;
      }
    }
  }

  /** By the cluster; a user of a node need not be one that may ask it. */
  private Optional<VolumeRoot> asked(StagePlan plan, CsiException refusal) {
    try {
      return roots.asked(plan);
    } catch (CsiException.NotFound | CephException e) {
      refusal.addSuppressed(e);
      return Optional.empty();
    }
  }

  private void requireMode(Mount mount, Mounter mounter, StagePlan plan) {
    boolean readOnly = isReadOnly(mount, mounter, plan);
    if (mount.readOnly() != readOnly) {
      throw new CsiException.AlreadyExists(
          "volume %s is staged %s and asked for %s: unstage it first"
              .formatted(
                  plan.volumeId(),
                  mount.readOnly() ? "read-only" : "read-write",
                  readOnly ? "read-only" : "read-write"));
    }
  }

  /**
   * As this mounter would mount it now; while its cluster is not configured, as far as is known.
   */
  private boolean isReadOnly(Mount mount, Mounter mounter, StagePlan plan) {
    if (plan.source().showsSnapshot()) {
      return plan.readOnly();
    }
    return roots
        .findCluster(plan.source())
        .map(cluster -> mounter.options(plan, cluster).contains("ro"))
        .orElse(plan.readOnly() || mount.readOnly());
  }

  private void mount(StagePlan plan) {
    VolumeRoot root = roots.of(plan);
    try {
      mount(plan, root);
    } catch (CsiException.NotFound e) {
      VolumeRoot now = asked(plan, e).filter(n -> !n.equals(root)).orElseThrow(() -> e);
      mount(plan, now);
    }
  }

  private void mount(StagePlan plan, VolumeRoot root) {
    if (root.showsSnapshot() && !plan.readOnly()) {
      throw new CsiException.InvalidArgument(
          "volume %s shows a snapshot, which cannot be written: ask for access mode ReadOnlyMany"
              .formatted(plan.volumeId()));
    }
    Mounter mounter = mounters.choose(plan);
    var request =
        new MountRequest(
            root, plan.credentials(), mounter.options(plan, root.cluster()), plan.staging());
    try (var _ = Phase.MOUNT.begin()) {
      mounter.mount(request);
    }
    try {
      if (root.showsSnapshot()) {
        showSnapshot(plan, root);
      }
      record(mounter, plan);
    } catch (RuntimeException e) {
      throw Undo.after(e, () -> mounts.unmount(plan.staging()));
    }
  }

  /** Over the directory that has it: two mounts, one upon the other, as ceph-csi makes them. */
  private void showSnapshot(StagePlan plan, VolumeRoot root) {
    Path snapshots = plan.staging().resolve(".snap");
    Path shown =
        switch (root.shown()) {
          case VolumeRoot.Shown.OfSubvolume(String name) -> data(snapshots.resolve(name), plan);
          case VolumeRoot.Shown.Named(String part) -> named(snapshots, part, plan);
          case VolumeRoot.Shown.All _ -> plan.staging();
        };
    mounts.bind(shown, plan.staging(), List.of("ro", "_netdev"));
  }

  /** The data of a subvolume is in a directory of the manager's choice, the only one in it. */
  private Path data(Path snapshot, StagePlan plan) {
    List<String> names =
        list(snapshot, plan).stream().filter(name -> !name.startsWith(".")).toList();
    if (names.size() != 1) {
      throw new CsiException.FailedPrecondition(
          "volume %s shows snapshot %s of a subvolume, in which there should be one directory, and there are %s: take another snapshot, it was cut while the subvolume was made or removed"
              .formatted(plan.volumeId(), snapshot.getFileName(), names));
    }
    return snapshot.resolve(names.getFirst());
  }

  private Path named(Path snapshots, String part, StagePlan plan) {
    List<String> names =
        list(snapshots, plan).stream().filter(name -> name.contains(part)).toList();
    if (names.size() != 1) {
      throw new CsiException.InvalidArgument(
          "static volume %s: backingSnapshotID %s must be a part of the name of one snapshot, and is of %s: correct it in the PersistentVolume"
              .formatted(plan.volumeId(), part, names.isEmpty() ? "none" : names));
    }
    return snapshots.resolve(names.getFirst());
  }

  /** By a child process, which can be ended when the filesystem stops answering. */
  private List<String> list(Path directory, StagePlan plan) {
    try {
      return commands.require(List.of("ls", "-A", directory.toString()), LIST).lines().toList();
    } catch (CommandFailed e) {
      if (e.exit() < 0) {
        throw new CsiException.Unavailable(
            "volume %s shows a snapshot that does not answer (%s): see whether the filesystem has an active metadata server (ceph fs status)"
                .formatted(plan.volumeId(), e.getMessage()),
            e);
      }
      throw new CsiException.NotFound(
          "volume %s shows a snapshot that cannot be seen (%s): see whether it is still there (ceph fs subvolume snapshot ls)"
              .formatted(plan.volumeId(), e.getMessage()));
    }
  }

  private void record(Mounter mounter, StagePlan plan) {
    if (mounter instanceof FuseMounter) {
      try {
        records.write(plan);
      } catch (IOException e) {
        throw new UncheckedIOException("remember the mount of " + plan.volumeId(), e);
      }
    }
  }

  /** Takes the volume off its staging path. Nothing mounted is no error. */
  void remove(String volumeId, Path staging) throws IOException {
    Optional<Mount> there = mounts.at(staging);
    there.ifPresent(mount -> requireOursToRemove(mount, volumeId));
    processes.endUnfinished(staging);
    mounts.unmount(staging);
    if (mounts.all().stream().noneMatch(m -> there.filter(m::showsSame).isPresent())) {
      mounters.finish(staging);
    }
    records.remove(volumeId);
  }

  private void requireOursToRemove(Mount mount, String volumeId) {
    if (mounters.of(mount).isEmpty()) {
      throw new CsiException.FailedPrecondition(
          "%s is mounted at %s, which is not volume %s: it is left alone, unmount it by hand"
              .formatted(mount.source(), mount.path(), volumeId));
    }
  }
}
