package io.cephcsi.cluster;

import io.cephcsi.ceph.CephException;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Places that the user of their cluster may not read; the log is told of each once. */
final class DeniedPlaces {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  private final Set<String> told = ConcurrentHashMap.newKeySet();

  void tell(String clusterId, long place, CephException refusal) {
    if (told.add(clusterId + "/" + place)) {
      LOG.log(
          Level.WARNING,
          "listings leave out what is in place %d of cluster %s, which the user may not read: %s"
              .formatted(place, clusterId, refusal.getMessage()));
    }
  }
}
