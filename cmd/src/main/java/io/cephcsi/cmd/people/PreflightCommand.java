package io.cephcsi.cmd.people;

import io.cephcsi.ceph.CephException;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.csi.CsiException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cephcsi preflight}: whether a driver could work here. */
@Command(
    name = "preflight",
    header =
        "See whether a driver can work here: node, config.json, cluster, and the user's rights.",
    description = {
      "%nOn a node it tells what the node lacks, elsewhere what is wrong with the cluster or the user."
          + " Nothing is changed: rights are tried with questions that have no effect.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "%nExamples:",
      "  cephcsi preflight",
      "  cephcsi preflight --pool replicapool --user csi-rbd --keyring keyring",
      "  cephcsi preflight --type cephfs --cluster-config config.json --secret /etc/secret",
      "  cephcsi preflight --node-only -o json",
      "",
      "Exit codes: 0 a driver can work (notes may stand there), 1 it cannot, 2 wrong usage."
    })
final class PreflightCommand implements Asked {
  enum Type {
    RBD,
    CEPHFS
  }

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "rbd or cephfs: which driver is meant (${DEFAULT-VALUE}).")
  Type type = Type.RBD;

  @Option(names = "--pool", paramLabel = "NAME", description = "Only this pool; repeatable.")
  List<String> pools = new ArrayList<>();

  @Option(
      names = "--fs",
      paramLabel = "NAME",
      description = "CephFS: only this filesystem; repeatable.")
  List<String> fileSystems = new ArrayList<>();

  @Option(names = "--node-only", description = "Ask no cluster.")
  boolean nodeOnly;

  @Mixin Connection connection = new Connection();
  @Mixin Format format = new Format();

  @Override
  public List<String> problems() {
    List<String> problems = new ArrayList<>(connection.problems());
    if (type == Type.RBD && !fileSystems.isEmpty()) {
      problems.add("--fs goes with --type cephfs: give both, or use --pool");
    }
    if (type == Type.CEPHFS && !pools.isEmpty()) {
      problems.add("--pool goes with --type rbd: use --fs for CephFS");
    }
    return problems;
  }

  @Override
  public int answer(Screen screen) throws IOException {
    List<Check> checks = new ArrayList<>(ofNode());
    if (!nodeOnly) {
      checks.addAll(ofCluster());
    }
    if (format.json()) {
      screen.json(checks.stream().map(Check::json).toList());
    } else {
      screen.out().print(Check.text(checks, screen.width()));
    }
    return Check.fine(checks) ? People.FINE : People.PROBLEMS;
  }

  private List<Check> ofNode() {
    var node = new NodeChecks(Path.of("/"), System.getenv().getOrDefault("PATH", ""));
    return type == Type.RBD ? node.ofRbd() : node.ofCephFs();
  }

  /** A cluster that does not answer is one problem among others. */
  private List<Check> ofCluster() throws IOException {
    List<Check> checks = new ArrayList<>();
    if (connection.clusterConfig != null) {
      checks.addAll(ofConfig(connection.clusterConfig));
    }
    try (Connected connected = connection.connect("");
        var _ = new ProgressOnTerminal("checks")) {
      var cluster = new ClusterChecks(connected);
      checks.addAll(cluster.ofCluster());
      checks.addAll(type == Type.RBD ? cluster.ofRbd(pools) : cluster.ofCephFs(fileSystems));
    } catch (CephException e) {
      checks.add(notReached(String.valueOf(CephFailures.meaning(e).getMessage())));
    } catch (CsiException | WrongUsage e) {
      checks.add(notReached(String.valueOf(e.getMessage())));
    }
    return checks;
  }

  private List<Check> ofConfig(Path config) throws IOException {
    try (var _ = new ProgressOnTerminal("monitors")) {
      return new ConfigChecks(config, connection.timeout).all();
    }
  }

  private static Check notReached(String why) {
    return Check.problem(
        "cluster",
        why,
        "see monitors, user and key: --ceph-conf and --keyring, or --cluster-config and --secret;"
            + " or --node-only");
  }
}
