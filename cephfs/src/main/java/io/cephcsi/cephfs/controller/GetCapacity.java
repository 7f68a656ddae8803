package io.cephcsi.cephfs.controller;

import csi.v1.GetCapacityRequest;
import csi.v1.GetCapacityResponse;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.cephfs.ClassParameter;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.RoomLeft;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import java.util.Map;

/**
 * Tells how many bytes can still be written: to the class's pool, or that of its filesystem, or
 * without a class to all configured clusters together.
 */
record GetCapacity(FileSystems fileSystems, KnownUsers users)
    implements Call<GetCapacityRequest, GetCapacityResponse> {

  @Override
  public GetCapacityResponse answer(GetCapacityRequest request) {
    boolean possible =
        request.getVolumeCapabilitiesList().stream()
            .allMatch(c -> Capabilities.trouble(c).isEmpty());
    long bytes = possible ? available(request.getParametersMap()) : 0;
    return GetCapacityResponse.newBuilder().setAvailableCapacity(bytes).build();
  }

  private long available(Map<String, String> parameters) {
    String clusterId = ClassParameter.CLUSTER_ID.in(parameters);
    String fsName = ClassParameter.FS_NAME.in(parameters);
    if (clusterId.isEmpty()) {
      return fileSystems.configs().all().stream().mapToLong(this::available).sum();
    }
    return fsName.isEmpty()
        ? available(fileSystems.configs().require(clusterId))
        : available(clusterId, fsName, ClassParameter.POOL.in(parameters));
  }

  private long available(ClusterConfig config) {
    try (Cluster cluster = fileSystems.lend(config, users.of(config.clusterId()))) {
      return RoomLeft.inCluster(cluster);
    }
  }

  private long available(String clusterId, String fsName, String pool) {
    try (OpenFileSystem opened = fileSystems.open(clusterId, fsName, users.of(clusterId))) {
      return RoomLeft.inPool(opened.cluster(), clusterId, pool.isEmpty() ? data(opened) : pool);
    }
  }

  private static String data(OpenFileSystem opened) {
    long id = opened.fileSystem().dataPoolIds().getFirst();
    return opened
        .cluster()
        .poolName(id)
        .orElseThrow(() ->
            new CsiException.InvalidArgument(
                "filesystem %s has lost its data pool %d: see ceph fs ls and ceph osd pool ls, or name another as pool in the class"
                    .formatted(opened.fileSystem().name(), id)));
  }
}
