package io.cephcsi.cmd.people;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.cephcsi.ceph.CephException;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.cluster.Json;
import io.cephcsi.cluster.care.Finding;
import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.care.ImageCare;
import io.cephcsi.rbd.care.VolumeRow;
import io.cephcsi.rbd.care.VolumeRows;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cephcsi support-bundle}. */
@Command(
    name = "support-bundle",
    header = "Collect in one file what a report of a fault wants, without secrets.",
    description = {
      "%nA tar.gz with versions, the flags of drivers that run here, config.json, preflight, the"
          + " cluster's status, a summary of the journal and what the doctor finds, mounts, mappings"
          + " and the last lines of logs. Keys, passwords and tokens are taken out of all of it;"
          + " names of volumes and addresses stay. Look through it before you hand it on.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "%nExamples:",
      "  cephcsi support-bundle",
      "  cephcsi support-bundle --cluster-config config.json --secret /etc/secret --log driver.log",
      "  cephcsi support-bundle --node-only --file /tmp/node1.tar.gz",
      "",
      "Exit codes: 0 written, 1 written without what could not be asked, 2 wrong usage."
    })
final class SupportBundle implements Asked {
  private static final Map<String, String> QUESTIONS =
      new TreeMap<>(
          Map.of(
              "status", "status",
              "health", "health\",\"detail\":\"detail",
              "versions", "versions",
              "df", "df",
              "pools", "osd pool ls\",\"detail\":\"detail",
              "filesystems", "fs ls",
              "blocklist", "osd blocklist ls"));

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "Where to write it (cephcsi-support-<time>.tar.gz here).")
  @Nullable Path file;

  @Option(
      names = "--log",
      paramLabel = "FILE",
      description = "A log of a driver, as kubectl logs prints it; repeatable.")
  List<Path> logs = new ArrayList<>();

  @Option(
      names = "--log-lines",
      paramLabel = "N",
      description = "How many of its last lines (${DEFAULT-VALUE}).")
  int logLines = 5000;

  @Option(names = "--pool", paramLabel = "NAME", description = "Only this pool; repeatable.")
  List<String> pools = new ArrayList<>();

  @Option(names = "--node-only", description = "Ask no cluster.")
  boolean nodeOnly;

  @Mixin Connection connection = new Connection();

  /** What could not be asked, and why. */
  private final List<String> missing = new ArrayList<>();

  /** Those that this command was given; others are known by how they look. */
  private final Set<String> secrets = new LinkedHashSet<>();

  @Override
  public List<String> problems() {
    List<String> problems = new ArrayList<>(connection.problems());
    logs.stream()
        .filter(log -> !Files.isReadable(log))
        .forEach(
            log -> problems.add("--log %s cannot be read: name a file that can".formatted(log)));
    if (logLines < 1) {
      problems.add("--log-lines must be more than 0: give 1 or more");
    }
    return problems;
  }

  @Override
  public int answer(Screen screen) throws IOException {
    Path target = file == null ? Figures.fileOfNow("cephcsi-support-", ".tar.gz") : file;
    if (Files.exists(target)) {
      throw new WrongUsage(target + " exists already: name another one by --file");
    }
    var bundle = new Bundle(Instant.now().getEpochSecond());
    var node = new NodeState(Path.of("/"));
    bundle.add(
        "version.txt", "cephcsi %s%nJava %s%n".formatted(screen.version(), Runtime.version()));
    bundle.add("node/system.txt", node.system());
    bundle.add("node/drivers.txt", node.drivers());
    bundle.add("node/mounts.txt", node.mounts());
    bundle.add("node/mappings.txt", node.mappings());
    var checks = new NodeChecks(Path.of("/"), System.getenv().getOrDefault("PATH", ""));
    List<Check> ofNode = new ArrayList<>(checks.ofRbd());
    ofNode.addAll(checks.ofCephFs());
    bundle.add("node/preflight.json", json(ofNode.stream().map(Check::json).toList()));
    addConfig(bundle);
    if (!nodeOnly) {
      addCluster(bundle);
    }
    for (int i = 0; i < logs.size(); i++) {
      bundle.add("logs/%d.log".formatted(i + 1), last(logs.get(i)));
    }
    bundle.add("missing.txt", String.join("\n", missing) + "\n");
    bundle.write(target, new Redaction(secrets));
    missing.forEach(screen::tell);
    screen.out().println(target);
    return missing.isEmpty() ? People.FINE : People.PROBLEMS;
  }

  private void addConfig(Bundle bundle) throws IOException {
    Path config = connection.clusterConfig;
    if (config != null && Files.isReadable(config)) {
      bundle.add("config.json", Files.readString(config));
    }
  }

  private void addCluster(Bundle bundle) throws IOException {
    try (Connected connected = connection.connect("")) {
      secrets.add(connected.credentials().key());
      QUESTIONS.forEach((name, question) -> addAnswer(bundle, connected, name, question));
      var checks = new ClusterChecks(connected);
      List<Check> all = new ArrayList<>(checks.ofCluster());
      all.addAll(checks.ofRbd(pools));
      bundle.add("cluster/preflight.json", json(all.stream().map(Check::json).toList()));
      List<Map<String, Object>> journal = new ArrayList<>();
      for (String pool : connected.pools(pools)) {
        journal.add(journal(connected, pool));
      }
      bundle.add("journal.json", json(journal));
    } catch (CephException e) {
      missing.add("cluster: " + CephFailures.meaning(e).getMessage());
    } catch (CsiException | WrongUsage e) {
      missing.add("cluster: " + e.getMessage());
    }
  }

  private void addAnswer(Bundle bundle, Connected connected, String name, String question) {
    try {
      String command = "{\"prefix\":\"%s\",\"format\":\"json-pretty\"}".formatted(question);
      bundle.add("cluster/" + name + ".json", connected.cluster().monitorCommand(command));
    } catch (CephException e) {
      missing.add(name + ": " + e.getMessage());
    }
  }

  /** How much there is, and what is wrong with it. */
  private Map<String, Object> journal(Connected connected, String pool) throws IOException {
    try (OpenPool opened = connected.open(pool);
        var progress = new ProgressOnTerminal("journal")) {
      List<VolumeRow> rows = VolumeRows.of(opened, connection.instanceId, false, progress);
      Map<String, Integer> states = new TreeMap<>();
      rows.forEach(
          row -> states.merge(row.state().isEmpty() ? "ok" : row.state(), 1, Integer::sum));
      Map<String, Object> summary = new LinkedHashMap<>();
      summary.put("pool", pool);
      summary.put("volumes", rows.size());
      summary.put("states", states);
      summary.put("snapshots", rows.stream().mapToInt(VolumeRow::snapshots).sum());
      summary.put("open", rows.stream().filter(row -> row.watchers() > 0).count());
      summary.put(
          "findings",
          ImageCare.of(opened, Duration.ofHours(1), connection.instanceId, progress)
              .findings()
              .stream()
              .map(SupportBundle::json)
              .toList());
      return summary;
    }
  }

  private static Map<String, String> json(Finding finding) {
    return Map.of(
        "kind", finding.kind().title(), "subject", finding.subject(), "cause", finding.cause());
  }

  private static String json(Object value) {
    try {
      return Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private String last(Path log) throws IOException {
    var lines = new ArrayDeque<String>();
    try (var reader = Files.newBufferedReader(log, StandardCharsets.ISO_8859_1)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
        if (lines.size() > logLines) {
          lines.remove();
        }
      }
    }
    return log + "\n" + String.join("\n", lines) + "\n";
  }
}
