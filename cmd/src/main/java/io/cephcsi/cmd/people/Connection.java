package io.cephcsi.cmd.people;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.cluster.ClusterConfigs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options that say which cluster is asked, and by whom: a ceph.conf and its keyring, or
 * config.json and a secret.
 */
final class Connection {
  private static final Path USUAL_CONF = Path.of("/etc/ceph/ceph.conf");

  @Option(
      names = "--ceph-conf",
      paramLabel = "FILE",
      description = "Ceph's own configuration (/etc/ceph/ceph.conf, without --cluster-config).")
  @Nullable Path cephConf;

  @Option(
      names = "--keyring",
      paramLabel = "FILE",
      description = "A keyring with the user's key (the one that the ceph.conf names).")
  @Nullable Path keyring;

  @Option(
      names = "--user",
      paramLabel = "NAME",
      description = "Ceph's user, without client. (the secret's or the keyring's, else admin).")
  String user = "";

  @Option(
      names = "--cluster-config",
      paramLabel = "FILE",
      description = "The driver's config.json, in place of a ceph.conf.")
  @Nullable Path clusterConfig;

  @Option(
      names = "--cluster-id",
      paramLabel = "ID",
      description =
          "Which cluster of config.json. With a ceph.conf: how volume ids name it (its fsid).")
  String clusterId = "";

  @Option(
      names = "--secret",
      paramLabel = "SOURCE",
      description =
          "Where user and key are: a file, a folder with userID and userKey as Kubernetes mounts a"
              + " Secret, env:NAME, or - for standard input. The content is a keyring, JSON with"
              + " userID and userKey, or the key alone. Never the key itself.")
  String secret = "";

  @Option(
      names = "--namespace",
      paramLabel = "NAME",
      description = "The RADOS namespace (config.json's, else the default one).")
  @Nullable String namespace;

  @Option(
      names = "--instanceid",
      paramLabel = "ID",
      description = "The driver's --instanceid (${DEFAULT-VALUE}).")
  String instanceId = "default";

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "How long to wait for any answer of the cluster (${DEFAULT-VALUE}).")
  Duration timeout = Duration.ofSeconds(30);

  /** What is wrong with these options. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (!timeout.isPositive()) {
      problems.add("--timeout must be more than 0: give a time like 30s");
    }
    if (clusterConfig != null && (cephConf != null || keyring != null)) {
      problems.add(
          "--cluster-config goes with --secret, --ceph-conf with --keyring: give one of the two");
    }
    if (clusterConfig != null && secret.isEmpty()) {
      problems.add("--cluster-config needs --secret: give a file, a folder, env:NAME or -");
    }
    if (keyring != null && !secret.isEmpty()) {
      problems.add("--keyring and --secret both say who asks: give one of the two");
    }
    return problems;
  }

  /**
   * Connects.
   *
   * @param wanted the id of a cluster that must be meant; empty for any
   */
  Connected connect(String wanted) throws IOException {
    try (var _ = new ProgressOnTerminal("connecting")) {
      return clusterConfig == null
          ? byCephConf(cephConf == null ? USUAL_CONF : cephConf, wanted)
          : byClusterConfig(clusterConfig, wanted);
    }
  }

  private Connected byCephConf(Path conf, String wanted) throws IOException {
    if (!Files.isReadable(conf)) {
      throw new WrongUsage(
          conf + " cannot be read: name one by --ceph-conf, or config.json by --cluster-config");
    }
    Credentials who = users().orElse(new Credentials(userOrAdmin(), ""));
    Connected connected = connect(settings(conf), "", who, null, wanted);
    try {
      requireWanted(wanted, connected.config().clusterId());
      return connected;
    } catch (WrongUsage e) {
      connected.close();
      throw e;
    }
  }

  /** An id that names another cluster by its fsid, or another one than --cluster-id does. */
  private static void requireWanted(String wanted, String clusterId) {
    if (!wanted.isEmpty() && !wanted.equals(clusterId)) {
      throw new WrongUsage(
          "the id is of cluster %s, but cluster %s is asked: choose the other by --cluster-id, --ceph-conf or --cluster-config"
              .formatted(wanted, clusterId));
    }
  }

  private Connected byClusterConfig(Path file, String wanted) throws IOException {
    List<ClusterConfig> all = new ClusterConfigs(file).all();
    ClusterConfig config = chosen(all, file, clusterId.isEmpty() ? wanted : clusterId);
    requireWanted(wanted, config.clusterId());
    Credentials who = users().orElseThrow(); // there is a --secret, or this is a problem
    return connect(settings(null), config.monitorList(), who, config, wanted);
  }

  private static ClusterConfig chosen(List<ClusterConfig> all, Path file, String id) {
    String known = all.stream().map(ClusterConfig::clusterId).collect(Collectors.joining(", "));
    if (all.isEmpty()) {
      throw new WrongUsage("%s has no cluster: add one with its monitors".formatted(file));
    }
    if (id.isEmpty() && all.size() > 1) {
      throw new WrongUsage("%s has clusters %s: choose one by --cluster-id".formatted(file, known));
    }
    ClusterConfig config =
        all.stream()
            .filter(c -> id.isEmpty() || c.clusterId().equals(id))
            .findFirst()
            .orElseThrow(() ->
                new WrongUsage(
                    "cluster %s is not in %s, which has %s: add it, or choose another by --cluster-id"
                        .formatted(id, file, known)));
    if (config.monitors().isEmpty()) {
      throw new WrongUsage(
          "cluster %s has no monitors in %s: add them there".formatted(config.clusterId(), file));
    }
    return config;
  }

  private Optional<Credentials> users() throws IOException {
    if (keyring != null) {
      if (!Files.isReadable(keyring)) {
        throw new WrongUsage("--keyring %s cannot be read: name a keyring".formatted(keyring));
      }
      return Optional.of(SecretSource.ofText(Files.readString(keyring), user, "--keyring"));
    }
    return secret.isEmpty() ? Optional.empty() : Optional.of(SecretSource.of(secret, user));
  }

  private String userOrAdmin() {
    return user.isEmpty() ? "admin" : user;
  }

  private ConnectionSettings settings(@Nullable Path conf) {
    return new ConnectionSettings(timeout, timeout, timeout, Duration.ofMinutes(10), conf);
  }

  @SuppressWarnings("MustBeClosedChecker") // owned by the answer
  private Connected connect(
      ConnectionSettings settings,
      String monitors,
      Credentials who,
      @Nullable ClusterConfig config,
      String wanted) {
    var clusters = new ConnectionPool(settings);
    try {
      Cluster cluster = clusters.lend(monitors, who);
      ClusterConfig known = config == null ? plain(idOf(cluster, wanted)) : config;
      return new Connected(
          clusters, cluster, who, namespace == null ? known : in(known, namespace));
    } catch (CephException e) {
      clusters.close();
      throw e.errno() == Errno.ENOENT ? unknownUser(e, who) : e;
    } catch (Throwable e) {
      clusters.close();
      throw e;
    }
  }

  /** A ceph.conf does not say how ids name its cluster: only that another fsid is another one. */
  private String idOf(Cluster cluster, String wanted) {
    if (!clusterId.isEmpty()) {
      return clusterId;
    }
    String fsid = cluster.fsid();
    return wanted.isEmpty() || wanted.length() == fsid.length() ? fsid : wanted;
  }

  static WrongUsage unknownUser(CephException e, Credentials who) {
    return new WrongUsage(
        "%s: no key of %s was found: name it by --keyring or --secret"
            .formatted(e.getMessage(), who));
  }

  /** A cluster of which no file says anything. */
  static ClusterConfig plain(String id) {
    return new ClusterConfig(
        id,
        List.of(),
        new ClusterConfig.Rbd("", 0, ""),
        new ClusterConfig.CephFs("csi", "csi", "", "", ""),
        new ClusterConfig.ReadAffinity(ClusterConfig.ReadAffinity.Wish.FLAG, List.of()));
  }

  private static ClusterConfig in(ClusterConfig config, String namespace) {
    return new ClusterConfig(
        config.clusterId(),
        config.monitors(),
        new ClusterConfig.Rbd(
            namespace, config.rbd().mirrorDaemons(), config.rbd().netNamespacePath()),
        config.cephFs(),
        config.readAffinity());
  }
}
