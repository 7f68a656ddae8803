package io.cephcsi.rbd.controller;

import csi.v1.VolumeHealth;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.cluster.ClusterHealth;
import io.cephcsi.cluster.HealthProblem;
import io.cephcsi.cluster.Look;
import io.cephcsi.cluster.MonitorLooks;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.NamedUuid;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.VolumeHealths;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** What is wrong with the volumes of one listing, with each cluster and pool looked at once. */
final class ListedHealth {
  /** What is known of one pool. */
  private record Known(ClusterHealth cluster, Map<String, String> imageIds) {}

  private final Function<String, Credentials> users;
  private final VolumeJournal journal;
  private final VolumeHealths healths;
  private final PoolContents contents;
  private final Map<String, ClusterHealth> clusters = new HashMap<>();
  private final Map<OpenPool, Known> pools = new HashMap<>();

  ListedHealth(
      Function<String, Credentials> users,
      VolumeJournal journal,
      VolumeHealths healths,
      PoolContents contents) {
    this.users = users;
    this.journal = journal;
    this.healths = healths;
    this.contents = contents;
  }

  /**
   * Asks a cluster's monitors, before anything waits for them.
   *
   * @throws CsiException.Unavailable when they do not answer in time
   */
  void requireMonitors(ClusterConfig config) {
    long until = contents.looks().deadline();
    Look<ClusterHealth> look =
        healths.monitors().begin(config, users.apply(config.clusterId()), until);
    clusters.put(
        config.clusterId(),
        look.await(until)
            .orElseThrow(
                () -> new CsiException.Unavailable(MonitorLooks.silent(config, look), null)));
  }

  /** A page of the pool's names; first sees whether the pool answers at all. */
  List<NamedUuid> names(OpenPool opened, String afterName, int most) {
    var _ = known(opened);
    return journal.page(opened.pool(), afterName, most);
  }

  private Known known(OpenPool opened) {
    return pools.computeIfAbsent(opened, this::look);
  }

  private Known look(OpenPool opened) {
    String clusterId = opened.config().clusterId();
    return new Known(
        clusters.getOrDefault(clusterId, new ClusterHealth(Map.of(), List.of())),
        contents.imageIds(clusterId, opened.pool().id(), opened.credentials()));
  }

  /** What is wrong with a volume; empty when nothing is. */
  Optional<VolumeHealth> problems(OpenPool opened, NamedUuid named) {
    Known known = known(opened);
    long poolId = opened.pool().id();
    Optional<String> imageId = Optional.ofNullable(known.imageIds().get(named.uuid()));
    List<HealthProblem> problems = new ArrayList<>(known.cluster().ofPool(poolId));
    if (imageId.isEmpty()) {
      problems.addAll(healths.ofUnmet(opened.pool(), named.uuid()));
    } else if (known.cluster().othersTroubled(poolId)) {
      problems.addAll(healths.ofDataPool(opened.pool(), imageId.get(), known.cluster()));
    }
    var id = new VolumeId(opened.config().clusterId(), poolId, named.uuid());
    return problems.isEmpty()
        ? Optional.empty()
        : Optional.of(HealthProblem.told(id.text(), problems));
  }
}
