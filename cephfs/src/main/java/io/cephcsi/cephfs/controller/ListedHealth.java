package io.cephcsi.cephfs.controller;

import csi.v1.VolumeHealth;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.VolumeHealths;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.cluster.ClusterHealth;
import io.cephcsi.cluster.HealthProblem;
import io.cephcsi.cluster.Look;
import io.cephcsi.cluster.Looks;
import io.cephcsi.cluster.MonitorLooks;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.NamedUuid;
import io.cephcsi.journal.VolumeJournal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** What is wrong with the volumes of one listing, with each filesystem looked at once. */
final class ListedHealth {
  private static final VolumeHealths.Monitors NOTHING_TOLD =
      new VolumeHealths.Monitors(new ClusterHealth(Map.of(), List.of()), List.of());

  private final Function<String, Credentials> users;
  private final VolumeJournal journal;
  private final VolumeHealths healths;
  private final Looks looks;
  private final Map<String, VolumeHealths.Monitors> clusters = new HashMap<>();
  private final Map<OpenFileSystem, Set<String>> subvolumes = new HashMap<>();

  ListedHealth(
      Function<String, Credentials> users,
      VolumeJournal journal,
      VolumeHealths healths,
      Looks looks) {
    this.users = users;
    this.journal = journal;
    this.healths = healths;
    this.looks = looks;
  }

  /**
   * Asks a cluster's monitors, before anything waits for them.
   *
   * @throws CsiException.Unavailable when they do not answer in time
   */
  void requireMonitors(ClusterConfig config) {
    long until = looks.deadline();
    Look<VolumeHealths.Monitors> look =
        healths.monitors(config, users.apply(config.clusterId()), until);
    clusters.put(
        config.clusterId(),
        look.await(until)
            .orElseThrow(
                () -> new CsiException.Unavailable(MonitorLooks.silent(config, look), null)));
  }

  /** A page of the filesystem's names. */
  List<NamedUuid> names(OpenFileSystem opened, String afterName, int most) {
    return journal.page(opened.pool(), afterName, most);
  }

  /** What is wrong with a volume; empty when nothing is. */
  Optional<VolumeHealth> problems(OpenFileSystem opened, NamedUuid named) {
    String clusterId = opened.config().clusterId();
    List<HealthProblem> problems =
        new ArrayList<>(clusters.getOrDefault(clusterId, NOTHING_TOLD).of(opened.location()));
    if (!VolumeHealths.unserved(problems)) {
      Set<String> names = subvolumes.computeIfAbsent(opened, healths::names);
      problems.addAll(healths.ofListed(opened, named.uuid(), names));
    }
    var id = new VolumeId(clusterId, opened.location(), named.uuid());
    return problems.isEmpty()
        ? Optional.empty()
        : Optional.of(HealthProblem.told(id.text(), problems));
  }
}
