package io.cephcsi.cmd.people;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Clusters;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.cephfs.FileSystem;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.care.ImagePools;
import java.util.ArrayList;
import java.util.List;

/** A cluster to which a command is connected; closing it disconnects. */
record Connected(Clusters clusters, Cluster cluster, Credentials credentials, ClusterConfig config)
    implements AutoCloseable {
  /** The pools that are named, or all with images. */
  List<String> pools(List<String> named) {
    return named.isEmpty() ? ImagePools.of(cluster) : named;
  }

  /**
   * The filesystems that are named, or all that the user may see.
   *
   * @throws WrongUsage when there is none of a name
   */
  List<FileSystem> fileSystems(List<String> named) {
    List<FileSystem> all = allFileSystems(named.isEmpty());
    List<FileSystem> chosen = new ArrayList<>();
    for (String name : named) {
      chosen.add(
          all.stream()
              .filter(fs -> fs.name().equals(name))
              .findFirst()
              .orElseThrow(() ->
                  new WrongUsage("the cluster has no filesystem " + name + ": see ceph fs ls")));
    }
    return named.isEmpty() ? all : chosen;
  }

  /** A user of images alone may not ask for them. */
  private List<FileSystem> allFileSystems(boolean noneIsFine) {
    try {
      return FileSystems.all(cluster);
    } catch (CephException e) {
      if (noneIsFine && e.denied()) {
        return List.of();
      }
      throw e;
    }
  }

  /** Opens a filesystem; closing it does not disconnect. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what is opened here is owned by the answer
  OpenFileSystem open(FileSystem fileSystem) {
    Cluster lent = clusters.lend(config.monitorList(), credentials);
    try {
      return FileSystems.open(config, credentials, lent, fileSystem);
    } catch (CephException e) {
      lent.close();
      throw e;
    }
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
