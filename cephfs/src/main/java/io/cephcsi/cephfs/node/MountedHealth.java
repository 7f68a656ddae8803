package io.cephcsi.cephfs.node;

import static io.cephcsi.cluster.HealthProblem.inaccessible;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cluster.ClusterHealth;
import io.cephcsi.cluster.HealthProblem;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Look;
import io.cephcsi.cluster.Looks;
import io.cephcsi.cluster.MonitorLooks;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Mount;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What is wrong with a mounted volume: its client, or the filesystem behind it. */
record MountedHealth(
    FileSystems fileSystems,
    Mounters mounters,
    DirectoryEntries entries,
    MonitorLooks clusters,
    KnownUsers users,
    Looks looks) {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final String REMEDY =
      "delete its pods on this node, so that it is unstaged and staged again";

  List<HealthProblem> problems(String volumeId, Mount mount) {
    long until = looks.deadline();
    Look<Boolean> looking =
        looks.begin(mount.path().toString(), volumeId, () -> look(mount), until);
    try {
      long half = until - (until - System.nanoTime()) / 2;
      if (looking.await(half).isPresent()) {
        return List.of();
      }
      // Only now: a healthy volume costs the monitors nothing.
      Optional<Look<ClusterHealth>> monitors = monitors(volumeId, until);
      if (looking.await(until).isPresent()) {
        return List.of();
      }
      return List.of(
          inaccessible(
              "NotAnswering",
              "what is mounted at %s is not answering since %s%s: see whether the filesystem has an active metadata server (ceph fs status) and the cluster can be reached from this node"
                  .formatted(
                      mount.path(),
                      looking.silentSince(),
                      monitors.flatMap(look -> summary(look, until)).orElse(""))));
    } catch (CommandFailed e) {
      return List.of(failed(mount, e));
    }
  }

  /** A look that was ended for its length has seen no more than that nobody answers. */
  private boolean look(Mount mount) {
    try {
      var _ = entries.count(mount.path(), LONG);
      return true;
    } catch (CommandFailed e) {
      if (e.exit() < 0) {
        throw new CephException(Errno.ETIMEDOUT, "look at " + mount.path());
      }
      throw e;
    }
  }

  private HealthProblem failed(Mount mount, CommandFailed e) {
    boolean fuse = mounters.of(mount).orElse(null) instanceof FuseMounter;
    return fuse && String.valueOf(e.getMessage()).contains("not connected")
        ? inaccessible(
            "ClientGone",
            "the ceph-fuse that served %s has ended (%s): %s"
                .formatted(mount.path(), e.getMessage(), REMEDY))
        : inaccessible(
            "ReadFails",
            "what is mounted at %s cannot be read: %s; the cluster may have evicted this client (ceph osd blocklist ls), see the kernel's log (dmesg), then %s"
                .formatted(mount.path(), e.getMessage(), REMEDY));
  }

  private Optional<Look<ClusterHealth>> monitors(String volumeId, long until) {
    try {
      return VolumeId.of(volumeId)
          .flatMap(id -> users.find(id.clusterId()).flatMap(user -> monitors(id, user, until)));
    } catch (CsiException.FailedPrecondition e) {
      return Optional.empty(); // config.json is broken, which says nothing of this volume
    }
  }

  private Optional<Look<ClusterHealth>> monitors(VolumeId id, Credentials user, long until) {
    return fileSystems
        .configs()
        .find(fileSystems.place(id).clusterId())
        .map(config -> clusters.begin(config, user, until));
  }

  /** Monitors that do not answer, or refuse, say nothing of this volume. */
  private static Optional<String> summary(Look<ClusterHealth> look, long until) {
    try {
      return look.await(until).map(health -> "; " + health.summary());
    } catch (CephException e) {
      return Optional.empty();
    }
  }
}
