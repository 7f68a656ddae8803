package io.cephcsi.cephfs.node;

import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.cluster.Json;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Commands;
import io.cephcsi.csi.host.Mount;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the kernel's own clients of CephFS have read and written, one client a staged volume, from
 * debugfs; nothing where that is not mounted, or by a kernel before 5.17. For one thread at a time.
 */
final class KernelClients {
  /** Of the directory's name, {@code <fsid>.client<id>}, what a mount tells of itself. */
  private static final String CLIENT_ID = "ceph.client_id";

  private static final Duration SHORT = Duration.ofMillis(500);

  private final Path debugfs;
  private final Commands commands;

  /** The directory of each client that was found, by its mount's device. */
  private final Map<String, Path> known = new HashMap<>();

  /**
   * @param debugfs normally {@code /sys/kernel/debug/ceph}
   */
  KernelClients(Path debugfs, Commands commands) {
    this.debugfs = debugfs;
    this.commands = commands;
  }

  /** Those of the mounts whose client can be seen; a volume that many pods have is told once. */
  List<StagedSubvolume> staged(List<Mount> mounts) {
    if (!Files.isReadable(debugfs)) {
      return List.of();
    }
    List<StagedSubvolume> staged = new ArrayList<>();
    Set<String> devices = new HashSet<>();
    boolean answering = true;
    for (Mount mount : mounts) {
      if (!devices.add(mount.device())) {
        continue;
      }
      try {
        Optional<Path> client = client(mount, answering);
        if (client.isPresent()) {
          staged.add(staged(mount, client.get()));
        }
      } catch (CommandFailed e) {
        // One that does not answer may be one of many, and the scrape waits for all.
        answering = false;
      } catch (IOException e) {
        known.remove(mount.device()); // it was unmounted just now, or the kernel tells otherwise
      }
    }
    known.keySet().retainAll(devices);
    return staged;
  }

  private Optional<Path> client(Mount mount, boolean ask) throws IOException {
    Path client = known.get(mount.device());
    if (client != null && Files.isDirectory(client)) {
      return Optional.of(client);
    }
    known.remove(mount.device());
    Optional<Path> found = ask ? find(mount) : Optional.empty();
    found.ifPresent(path -> known.put(mount.device(), path));
    return found;
  }

  /** Asked by a child process, which can be ended. */
  private Optional<Path> find(Mount mount) throws IOException {
    String id =
        commands
            .require(
                List.of(
                    "getfattr",
                    "--only-values",
                    "--absolute-names",
                    "-n",
                    CLIENT_ID,
                    mount.path().toString()),
                SHORT)
            .strip();
    try (DirectoryStream<Path> clients = Files.newDirectoryStream(debugfs, "*." + id)) {
      for (Path client : clients) {
        return Optional.of(client);
      }
    }
    return Optional.empty();
  }

  private static StagedSubvolume staged(Mount mount, Path client) throws IOException {
    Path metrics = client.resolve("metrics");
    Map<String, long[]> sizes = table(metrics.resolve("size"));
    Map<String, long[]> latencies = table(metrics.resolve("latency"));
    var use =
        new ClientUse(
            column(latencies, "read", 0),
            column(sizes, "read", 4),
            time(latencies, "read"),
            column(latencies, "write", 0),
            column(sizes, "write", 4),
            time(latencies, "write"));
    String directory = mount.source().substring(mount.source().indexOf(":/") + 1);
    return new StagedSubvolume(volumeId(mount), directory, mount.device(), use);
  }

  /** Lines of a name and numbers: how many, their average, least and greatest, and one more. */
  private static Map<String, long[]> table(Path file) throws IOException {
    Map<String, long[]> table = new HashMap<>();
    for (String line : Files.readAllLines(file)) {
      String[] words = line.strip().split("\\s+", -1);
      if (words.length == 6 && words[1].matches("\\d+")) {
        long[] numbers = new long[5];
        for (int i = 0; i < numbers.length; i++) {
          numbers[i] = Long.parseLong(words[i + 1]);
        }
        table.put(words[0], numbers);
      }
    }
    return table;
  }

  private static long column(Map<String, long[]> table, String row, int column) throws IOException {
    long[] numbers = table.get(row);
    if (numbers == null) {
      throw new IOException("no line " + row);
    }
    return numbers[column];
  }

  private static Duration time(Map<String, long[]> latencies, String row) throws IOException {
    return Duration.ofNanos(1000 * column(latencies, row, 0) * column(latencies, row, 1));
  }

  /** Kubelet writes it down beside each mount of a CSI volume. */
  private static String volumeId(Mount mount) {
    try {
      JsonNode noted =
          Json.MAPPER.readTree(Files.readString(mount.path().resolveSibling("vol_data.json")));
      return noted.path("volumeHandle").asText("");
    } catch (IOException e) {
      return "";
    }
  }
}
