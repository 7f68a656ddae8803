package io.cephcsi.rbd;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
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
import io.cephcsi.cluster.Json;
import io.cephcsi.cluster.Listing;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.VolumeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Supplier;

/** Opens the pools of configured clusters. */
public final class Pools implements Listing.Places<OpenPool> {
  private final ClusterConfigs configs;
  private final ClusterMappings mappings;
  private final Clusters clusters;

  public Pools(ClusterConfigs configs, ClusterMappings mappings, Clusters clusters) {
    this.configs = configs;
    this.mappings = mappings;
    this.clusters = clusters;
  }

  /** What was found in a pool, which it owns. */
  interface Found extends AutoCloseable {
    /** Whether its image is there. */
    boolean hasImage();

    @Override
    void close();
  }

  /**
   * Looks for something in the pool that its id names, and where that is not there or without its
   * image, in the pools that mirror it.
   *
   * @param reader finds it in a pool, or closes the pool
   * @return the first that is there with its image, else one without, else nothing
   * @throws CsiException.InvalidArgument when none of the clusters is configured
   * @throws CephException when it was not found where one may look, and somewhere one may not
   */
  <T extends Found> Optional<T> find(
      VolumeId id, Credentials credentials, Function<OpenPool, Optional<T>> reader) {
    var home = new ClusterMappings.Place(id.clusterId(), id.location());
    List<ClusterMappings.Place> mirrors = mappings.of(home);
    if (mirrors.isEmpty()) {
      return open(home.clusterId(), home.location(), credentials).flatMap(reader);
    }
    List<Supplier<Optional<T>>> looks = new ArrayList<>();
    looks.add(() -> open(home.clusterId(), home.location(), credentials).flatMap(reader));
    for (var mirror : mirrors) {
      looks.add(() -> open(mirror.clusterId(), mirror.location(), credentials).flatMap(reader));
    }
    return firstWhole(looks);
  }

  /** As the other one, by the pool's name, which mirrors have too. */
  @SuppressWarnings("MustBeClosedChecker") // what is opened here is owned by what is found
  <T extends Found> Optional<T> find(
      String clusterId, String pool, Credentials credentials, Function<OpenPool, T> reader) {
    List<Supplier<Optional<T>>> looks = new ArrayList<>();
    looks.add(() -> Optional.of(reader.apply(open(clusterId, pool, credentials))));
    for (String mirror : mappings.ofCluster(clusterId)) {
      looks.add(() -> Optional.of(reader.apply(open(mirror, pool, credentials))));
    }
    return firstWhole(looks);
  }

  private static <T extends Found> Optional<T> firstWhole(List<Supplier<Optional<T>>> looks) {
    Optional<T> best = Optional.empty();
    List<RuntimeException> failures = new ArrayList<>();
    for (Supplier<Optional<T>> look : looks) {
      try {
        Optional<T> found = look.get();
        if (found.isPresent() && (looks.size() == 1 || hasImage(found.get()))) {
          best.ifPresent(Found::close);
          return found;
        }
        best = keepFirst(best, found);
      } catch (CsiException.InvalidArgument e) {
        failures.add(e); // not configured, or no such pool
      } catch (CephException e) {
        if (!e.denied()) {
          best.ifPresent(Found::close);
          throw e;
        }
        failures.add(e);
      }
    }
    if (best.isEmpty()) {
      ClusterMappings.requireSearched(failures, looks.size());
    }
    return best;
  }

  private static boolean hasImage(Found found) {
    try {
      return found.hasImage();
    } catch (Throwable e) {
      found.close();
      throw e;
    }
  }

  private static <T extends Found> Optional<T> keepFirst(Optional<T> best, Optional<T> found) {
    if (best.isEmpty()) {
      return found;
    }
    found.ifPresent(Found::close);
    return best;
  }

  /**
   * Opens a pool by its name, in the RADOS namespace that config.json gives the cluster.
   *
   * @throws CsiException.InvalidArgument when the cluster is not configured or has no such pool
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what is opened here is owned by the answer
  public OpenPool open(String clusterId, String pool, Credentials credentials) {
    ClusterConfig config = config(clusterId);
    Cluster cluster = lend(config, credentials);
    try {
      return new OpenPool(
          config, credentials, cluster, cluster.openPool(pool, config.rbd().namespace()));
    } catch (CephException e) {
      cluster.close();
      throw e.errno() == Errno.ENOENT ? noPool(clusterId, pool) : e;
    } catch (Throwable e) {
      cluster.close();
      throw e;
    }
  }

  private static CsiException noPool(String clusterId, String pool) {
    return new CsiException.InvalidArgument(
        "cluster %s has no pool %s: create it and run rbd pool init, or name another"
            .formatted(clusterId, pool));
  }

  /**
   * Opens a pool by its id; empty when the cluster has no pool of that id.
   *
   * @throws CsiException.InvalidArgument when the cluster is not configured
   */
  @Override
  @SuppressWarnings("MustBeClosedChecker") // what is opened here is owned by the answer
  public Optional<OpenPool> open(String clusterId, long poolId, Credentials credentials) {
    ClusterConfig config = config(clusterId);
    Cluster cluster = lend(config, credentials);
    try {
      Pool pool = cluster.openPool(poolId, config.rbd().namespace());
      return Optional.of(new OpenPool(config, credentials, cluster, pool));
    } catch (CephException e) {
      cluster.close();
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw e;
    } catch (Throwable e) {
      cluster.close();
      throw e;
    }
  }

  /** The ids of a cluster's pools for RBD. */
  @Override
  public List<Long> ids(ClusterConfig config, Credentials credentials) {
    try (Cluster cluster = lend(config, credentials)) {
      String command = "{\"prefix\":\"osd pool ls\",\"detail\":\"detail\",\"format\":\"json\"}";
      List<Long> ids = new ArrayList<>();
      for (JsonNode pool : Json.MAPPER.readTree(cluster.monitorCommand(command))) {
        if (pool.path("application_metadata").has("rbd")) {
          ids.add(pool.path("pool_id").asLong(pool.path("pool").asLong()));
        }
      }
      return ids;
    } catch (JsonProcessingException e) {
      throw new CsiException.Unavailable(
          "the monitor's list of pools is not JSON: see whether this Ceph is one that is tested (cephcsi preflight)",
          e);
    }
  }

  /** Lends the connection to a configured cluster. */
  @MustBeClosed
  public Cluster lend(ClusterConfig config, Credentials credentials) {
    try (var _ = Phase.CONNECT.begin()) {
      return clusters.lend(config.monitorList(), credentials);
    }
  }

  /**
   * The configured cluster of that id.
   *
   * @throws CsiException.InvalidArgument when there is none, or it has no monitors
   */
  public ClusterConfig config(String clusterId) {
    return configs.require(clusterId);
  }

  /**
   * The configured cluster of that id, or else the first configured one that mirrors it; empty when
   * there is none. No cluster is asked.
   */
  public Optional<ClusterConfig> findConfig(String clusterId) {
    return mappings.findConfig(clusterId, configs);
  }

  /** The pool that mirrors one, in that cluster; the one itself when that is its cluster. */
  public OptionalLong poolIn(ClusterConfig cluster, VolumeId id) {
    if (cluster.clusterId().equals(id.clusterId())) {
      return OptionalLong.of(id.location());
    }
    return mappings.of(new ClusterMappings.Place(id.clusterId(), id.location())).stream()
        .filter(mirror -> mirror.clusterId().equals(cluster.clusterId()))
        .mapToLong(ClusterMappings.Place::location)
        .findFirst();
  }
}
