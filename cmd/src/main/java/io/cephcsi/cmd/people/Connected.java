package io.cephcsi.cmd.people;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.care.ImagePools;
import java.util.List;

/** A cluster to which a command is connected; closing it disconnects. */
record Connected(
    ConnectionPool clusters, Cluster cluster, Credentials credentials, ClusterConfig config)
    implements AutoCloseable {
  /** The pools that are named, or all with images. */
  List<String> pools(List<String> named) {
    return named.isEmpty() ? ImagePools.of(cluster) : named;
  }

  /** Opens a pool; closing it does not disconnect. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what is opened here is owned by the answer
  OpenPool open(String pool) {
    String monitors = config.monitorList();
    Cluster lent = clusters.lend(monitors, credentials);
    try {
      return new OpenPool(config, credentials, lent, lent.openPool(pool, config.rbd().namespace()));
    } catch (CephException e) {
      lent.close();
      throw e.errno() == Errno.ENOENT
          ? new WrongUsage("the cluster has no pool " + pool + ": see ceph osd pool ls")
          : e;
    }
  }

  @Override
  public void close() {
    cluster.close();
    clusters.close();
  }
}
