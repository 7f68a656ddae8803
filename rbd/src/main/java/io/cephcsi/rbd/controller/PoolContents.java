package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.Look;
import io.cephcsi.cluster.Looks;
import io.cephcsi.csi.CsiException;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Pools;
import java.util.HashMap;
import java.util.Map;

/** The images of whole pools by the UUIDs of their volumes, in an operation for a thousand. */
record PoolContents(Pools pools, VolumeJournal journal, Looks looks) {
  /**
   * Image ids by UUID.
   *
   * @throws CsiException.Unavailable when the pool does not answer in time
   */
  Map<String, String> imageIds(String clusterId, long poolId, Credentials credentials) {
    long until = looks.deadline();
    Look<Map<String, String>> look =
        looks.begin(
            clusterId + "/" + poolId,
            "images as " + credentials,
            () -> list(clusterId, poolId, credentials),
            until);
    return look.await(until)
        .orElseThrow(() ->
            new CsiException.Unavailable(
                "pool %d of cluster %s is not answering since %s: bring back its OSDs, then ask again"
                    .formatted(poolId, clusterId, look.silentSince()),
                null));
  }

  private Map<String, String> list(String clusterId, long poolId, Credentials credentials) {
    Map<String, String> ids = new HashMap<>();
    var opened = pools.open(clusterId, poolId, credentials);
    if (opened.isPresent()) {
      try (OpenPool pool = opened.get()) {
        pool.pool()
            .images()
            .forEach((name, id) -> journal.uuidOf(name).ifPresent(uuid -> ids.put(uuid, id)));
      }
    }
    return ids;
  }
}
