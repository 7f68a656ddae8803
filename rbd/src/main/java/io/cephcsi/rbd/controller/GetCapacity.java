package io.cephcsi.rbd.controller;

import csi.v1.GetCapacityRequest;
import csi.v1.GetCapacityResponse;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.RoomLeft;
import io.cephcsi.csi.Call;
import io.cephcsi.rbd.ClassParameter;
import io.cephcsi.rbd.Pools;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tells how many bytes can still be written: to the class's pool, or without a class to all
 * configured clusters together.
 */
record GetCapacity(Pools pools, ClusterConfigs configs, KnownUsers users)
    implements Call<GetCapacityRequest, GetCapacityResponse> {

  @Override
  public GetCapacityResponse answer(GetCapacityRequest request) {
    Map<String, String> parameters = request.getParametersMap();
    String clusterId = ClassParameter.CLUSTER_ID.in(parameters);
    boolean possible =
        request.getVolumeCapabilitiesList().stream()
            .allMatch(c -> Capabilities.trouble(c).isEmpty());
    long bytes = possible ? available(request, clusterId) : 0;
    return GetCapacityResponse.newBuilder().setAvailableCapacity(bytes).build();
  }

  private long available(GetCapacityRequest request, String clusterId) {
    if (clusterId.isEmpty()) {
      return configs.all().stream().mapToLong(c -> available(c, "")).sum();
    }
    Map<String, String> parameters = request.getParametersMap();
    Optional<List<TopologyPool>> topologyPools = new ClassParameters(parameters).topologyPools();
    if (topologyPools.isPresent() && request.hasAccessibleTopology()) {
      // A volume goes to one of them, so that the roomiest tells what can be had.
      return topologyPools.get().stream()
          .filter(pool -> pool.isIn(request.getAccessibleTopology()))
          .map(pool -> pool.dataPool().isEmpty() ? pool.pool() : pool.dataPool())
          .mapToLong(pool -> available(pools.config(clusterId), pool))
          .max()
          .orElse(0);
    }
    String data = ClassParameter.DATA_POOL.in(parameters);
    return available(
        pools.config(clusterId), data.isEmpty() ? ClassParameter.POOL.in(parameters) : data);
  }

  private long available(ClusterConfig config, String pool) {
    try (Cluster cluster = pools.lend(config, users.of(config.clusterId()))) {
      return pool.isEmpty()
          ? RoomLeft.inCluster(cluster)
          : RoomLeft.inPool(cluster, config.clusterId(), pool);
    }
  }
}
