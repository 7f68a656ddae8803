package io.cephcsi.cephfs;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Clusters;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.ClusterMappings;
import io.cephcsi.cluster.Listing;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.VolumeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Opens the filesystems of configured clusters. */
public final class FileSystems implements Listing.Places<OpenFileSystem> {
  private final ClusterConfigs configs;
  private final ClusterMappings mappings;
  private final Clusters clusters;
  private final FileSystemMaps maps = new FileSystemMaps();

  public FileSystems(ClusterConfigs configs, ClusterMappings mappings, Clusters clusters) {
    this.configs = configs;
    this.mappings = mappings;
    this.clusters = clusters;
  }

  /**
   * Looks for something in the filesystem that its id names, and where that is not there, in those
   * that mirror it.
   *
   * @param reader finds it in a filesystem, or closes that
   * @return the first that is there
   * @throws CsiException.InvalidArgument when none of the clusters is configured
   * @throws CephException when it was not found where one may look, and somewhere one may not
   */
  <T> Optional<T> find(
      VolumeId id, Credentials credentials, Function<OpenFileSystem, Optional<T>> reader) {
    var home = new ClusterMappings.Place(id.clusterId(), id.location());
    List<ClusterMappings.Place> places =
        Stream.concat(Stream.of(home), mappings.of(home).stream()).toList();
    List<RuntimeException> failures = new ArrayList<>();
    for (var place : places) {
      try {
        Optional<T> found = open(place.clusterId(), place.location(), credentials).flatMap(reader);
        if (found.isPresent()) {
          return found;
        }
      } catch (CsiException.InvalidArgument e) {
        failures.add(e); // not configured
      } catch (CephException e) {
        if (!e.denied()) {
          throw e;
        }
        failures.add(e);
      }
    }
    ClusterMappings.requireSearched(failures, places.size());
    return Optional.empty();
  }

  /**
   * Where something is that its id says where to find: there, or when that cluster is not
   * configured, in the first configured one that mirrors it. No cluster is asked.
   */
  public ClusterMappings.Place place(VolumeId id) {
    var home = new ClusterMappings.Place(id.clusterId(), id.location());
    if (configs.find(home.clusterId()).isPresent()) {
      return home;
    }
    return mappings.of(home).stream()
        .filter(mirror -> configs.find(mirror.clusterId()).isPresent())
        .findFirst()
        .orElse(home);
  }

  /**
   * What config.json says of a cluster, or when it says nothing, of the first configured one that
   * mirrors it.
   *
   * @throws CsiException.InvalidArgument when none of them is configured
   */
  public ClusterConfig requireConfig(String clusterId) {
    return configs.require(findConfig(clusterId).map(ClusterConfig::clusterId).orElse(clusterId));
  }

  /** As {@link #requireConfig}; empty when none of them is configured. */
  public Optional<ClusterConfig> findConfig(String clusterId) {
    return mappings.findConfig(clusterId, configs);
  }

  /**
   * Opens a filesystem by its name.
   *
   * @throws CsiException.InvalidArgument when the cluster is not configured or has no such
   *     filesystem
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what is opened here is owned by the answer
  public OpenFileSystem open(String clusterId, String name, Credentials credentials) {
    return open(clusterId, credentials, cluster -> maps.named(cluster, name))
        .orElseThrow(() ->
            new CsiException.InvalidArgument(
                "cluster %s has no filesystem %s that user %s may see: create it, or name another as fsName"
                    .formatted(clusterId, name, credentials)));
  }

  /**
   * Opens a filesystem by its id; empty when the cluster has none of that id.
   *
   * @throws CsiException.InvalidArgument when the cluster is not configured
   */
  @Override
  public Optional<OpenFileSystem> open(String clusterId, long id, Credentials credentials) {
    return open(clusterId, credentials, cluster -> maps.of(cluster, id));
  }

  @SuppressWarnings("MustBeClosedChecker") // what is opened here is owned by the answer
  private Optional<OpenFileSystem> open(
      String clusterId, Credentials credentials, Function<Cluster, Optional<FileSystem>> finder) {
    ClusterConfig config = configs.require(clusterId);
    Cluster cluster = lend(config, credentials);
    try {
      Optional<OpenFileSystem> opened =
          finder.apply(cluster).flatMap(fs -> open(config, credentials, cluster, fs, finder));
      if (opened.isEmpty()) {
        cluster.close();
      }
      return opened;
    } catch (Throwable e) {
      cluster.close();
      throw e;
    }
  }

  /** A filesystem whose pool is gone is gone itself, and another may have its name now. */
  private Optional<OpenFileSystem> open(
      ClusterConfig config,
      Credentials credentials,
      Cluster cluster,
      FileSystem known,
      Function<Cluster, Optional<FileSystem>> finder) {
    Optional<OpenFileSystem> opened = openPool(config, credentials, cluster, known);
    if (opened.isPresent()) {
      return opened;
    }
    maps.forget(cluster);
    return finder
        .apply(cluster)
        .filter(now -> !now.equals(known))
        .flatMap(now -> openPool(config, credentials, cluster, now));
  }

  @SuppressWarnings("MustBeClosedChecker") // what is opened here is owned by the answer
  private Optional<OpenFileSystem> openPool(
      ClusterConfig config, Credentials credentials, Cluster cluster, FileSystem fs) {
    try {
      return Optional.of(open(config, credentials, cluster, fs, maps));
    } catch (CephException e) {
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Opens a filesystem on a connection that the answer owns from then on.
   *
   * @throws CephException ENOENT when its metadata pool is gone
   */
  @MustBeClosed
  public static OpenFileSystem open(
      ClusterConfig config, Credentials credentials, Cluster cluster, FileSystem fs) {
    return open(config, credentials, cluster, fs, new FileSystemMaps());
  }

  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what is opened here is owned by the answer
  private static OpenFileSystem open(
      ClusterConfig config,
      Credentials credentials,
      Cluster cluster,
      FileSystem fs,
      FileSystemMaps maps) {
    Pool pool = cluster.openPool(fs.metadataPoolId(), config.cephFs().namespace());
    var subvolumes = new Subvolumes(cluster, fs, config.cephFs().subvolumeGroup(), maps);
    return new OpenFileSystem(config, credentials, cluster, fs, pool, subvolumes);
  }

  /** All filesystems of a cluster, in the order of ids, by one question to its monitors. */
  public static List<FileSystem> all(Cluster cluster) {
    return FileSystemMaps.ask(cluster);
  }

  /** All filesystems of a cluster, in the order of ids, by one question to its monitors. */
  public List<FileSystem> all(ClusterConfig config, Credentials credentials) {
    try (Cluster cluster = lend(config, credentials)) {
      return all(cluster);
    }
  }

  @Override
  public List<Long> ids(ClusterConfig config, Credentials credentials) {
    return all(config, credentials).stream().map(FileSystem::id).toList();
  }

  /** Lends the connection to a configured cluster. */
  @MustBeClosed
  public Cluster lend(ClusterConfig config, Credentials credentials) {
    try (var _ = Phase.CONNECT.begin()) {
      return clusters.lend(config.monitorList(), credentials);
    }
  }

  /** The clusters that are configured. */
  public ClusterConfigs configs() {
    return configs;
  }
}
