package io.cephcsi.rbd.controller;

import csi.v1.CreateVolumeRequest;
import csi.v1.Topology;
import csi.v1.TopologyRequirement;
import io.cephcsi.csi.CsiException;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Pools;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a volume may be used, and so which of the class's pools it goes to.
 *
 * @param pools all of the class
 * @param fitting those in the wanted topologies, the most wanted first
 */
record TopologyPlan(
    TopologyRequirement requirement, List<TopologyPool> pools, List<TopologyPool> fitting) {
  /** Empty when the class or the request knows no topology: then the class's pool is taken. */
  static Optional<TopologyPlan> of(CreateVolumeRequest request, ClassParameters parameters) {
    Optional<List<TopologyPool>> pools = parameters.topologyPools();
    if (pools.isEmpty() || !request.hasAccessibilityRequirements()) {
      return Optional.empty();
    }
    TopologyRequirement requirement = request.getAccessibilityRequirements();
    return Optional.of(
        new TopologyPlan(requirement, pools.get(), TopologyPool.fitting(pools.get(), requirement)));
  }

  /**
   * The pool that has the name already, else the most wanted one: a repeated call may come with
   * other wishes, and there must not be two volumes of one name.
   *
   * @throws CsiException.AlreadyExists when the name is in a pool that does not fit
   * @throws CsiException.InvalidArgument when none that fits is there
   */
  TopologyPool choose(Pools opener, VolumeJournal journal, VolumePlan plan) {
    Map<TopologyPool, CsiException.InvalidArgument> missing = new LinkedHashMap<>();
    for (TopologyPool each : pools) {
      try (OpenPool opened = opener.open(plan.clusterId(), each.pool(), plan.credentials())) {
        if (journal.hasName(opened.pool(), plan.name())) {
          return requireFitting(plan, each);
        }
      } catch (CsiException.InvalidArgument e) {
        missing.put(each, e); // it has no volumes, and is no reason to refuse those of others
      }
    }
    return fitting.stream()
        .filter(each -> !missing.containsKey(each))
        .findFirst()
        .orElseThrow(() -> missing.values().iterator().next());
  }

  private TopologyPool requireFitting(VolumePlan plan, TopologyPool there) {
    if (!fitting.contains(there)) {
      throw new CsiException.AlreadyExists(
          "volume %s exists in pool %s, which is not in any of the topologies asked for: delete it or take another name"
              .formatted(plan.name(), there.pool()));
    }
    return there;
  }

  /** As CSI answers it; empty when a pool's volumes can be used everywhere. */
  Optional<Topology> answer(String pool) {
    return fitting.stream()
        .filter(each -> each.pool().equals(pool))
        .findFirst()
        .map(chosen -> chosen.segments(requirement))
        .filter(segments -> !segments.isEmpty())
        .map(segments -> Topology.newBuilder().putAllSegments(segments).build());
  }
}
