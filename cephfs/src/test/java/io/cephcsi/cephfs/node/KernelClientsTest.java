package io.cephcsi.cephfs.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Commands;
import io.cephcsi.csi.host.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tables are as Debian's kernel 6.1 shows them; GuestCephFsIT sees it with one. */
class KernelClientsTest {
  private static final String FSID = "9c7a1c5e-0d3e-4e0a-9d43-9a0f6d4b7a11";

  private static final String SIZE =
      """
      item          total       avg_sz(bytes)   min_sz(bytes)   max_sz(bytes)  total_sz(bytes)
      ----------------------------------------------------------------------------------------
      read          3           1398101         1048576         2097152         4194304
      write         8           4194304         4194304         4194304         33554432
      copyfrom      0           0               0               0               0
      """;

  private static final String LATENCY =
      """
      item          total       avg_lat(us)     min_lat(us)     max_lat(us)     stdev(us)
      -----------------------------------------------------------------------------------
      read          3           1500            1000            2000            500
      write         8           25000           20000           40000           7000
      metadata      21          900             300             4000            700
      copyfrom      0           0               0               0               0
      """;

  @TempDir Path directory;
  private final Map<Path, String> ids = new HashMap<>();
  private final List<String> asked = new ArrayList<>();
  private final Set<Path> silent = new HashSet<>();
  private Path debugfs;
  private KernelClients clients;

  @BeforeEach
  void start() throws IOException {
    debugfs = Files.createDirectory(directory.resolve("ceph"));
    clients = new KernelClients(debugfs, this::answer);
  }

  private Commands.Outcome answer(List<String> command, byte[] input, Duration deadline) {
    Path path = Path.of(command.getLast());
    asked.add(path.getFileName().toString());
    if (silent.contains(path)) {
      throw new CommandFailed(command, "ended after %s without an end".formatted(deadline));
    }
    String id = ids.get(path);
    return id == null
        ? new Commands.Outcome(1, "", "ceph.client_id: No such attribute")
        : new Commands.Outcome(0, id, "");
  }

  private Mount mounted(String name, String id) throws IOException {
    Path path = directory.resolve("plugins").resolve(name).resolve("globalmount");
    Files.createDirectories(path.getParent());
    Files.writeString(
        path.resolveSibling("vol_data.json"), "{\"volumeHandle\":\"id-of-" + name + "\"}");
    ids.put(path, "client" + id);
    return mount(path, "0:" + id, name);
  }

  private static Mount mount(Path path, String device, String name) {
    return new Mount(
        path, device, "/", "ceph", "10.0.0.1:6789:/volumes/csi/" + name, Set.of("rw"), false);
  }

  private Path client(String id, String size, String latency) throws IOException {
    Path client = debugfs.resolve(FSID + ".client" + id);
    Path metrics = Files.createDirectories(client.resolve("metrics"));
    Files.writeString(metrics.resolve("size"), size);
    Files.writeString(metrics.resolve("latency"), latency);
    return client;
  }

  @Test
  void staged_tellsWhatEachClientHasReadAndWritten() throws IOException {
    Mount mount = mounted("a", "4305");
    client("4305", SIZE, LATENCY);
    client("4306", SIZE, LATENCY);

    assertThat(clients.staged(List.of(mount)))
        .containsExactly(
            new StagedSubvolume(
                "id-of-a",
                "/volumes/csi/a",
                "0:4305",
                new ClientUse(
                    3,
                    4_194_304,
                    Duration.ofNanos(4_500_000),
                    8,
                    33_554_432,
                    Duration.ofMillis(200))));
  }

  @Test
  void staged_volumeOfManyPods_isToldOnceAndItsClientAskedForOnce() throws IOException {
    Mount mount = mounted("a", "4305");
    Mount pod = mount(directory.resolve("pods/mount"), mount.device(), "a");
    client("4305", SIZE, LATENCY);

    assertThat(clients.staged(List.of(mount, pod))).hasSize(1);
    assertThat(clients.staged(List.of(mount, pod))).hasSize(1);
    assertThat(asked).containsExactly("globalmount");
  }

  @Test
  void staged_clientOfAnotherMountAfterwards_isAskedForAgain() throws IOException {
    Mount mount = mounted("a", "4305");
    Path client = client("4305", SIZE, LATENCY);
    assertThat(clients.staged(List.of(mount))).hasSize(1);

    Files.move(client, client.resolveSibling(FSID + ".client4400"));
    ids.put(mount.path(), "client4400");

    assertThat(clients.staged(List.of(mount))).hasSize(1);
    assertThat(asked).hasSize(2);
  }

  /** One that waits for its metadata server costs its own time alone, and others are told. */
  @Test
  void staged_mountsThatDoNotAnswer_areAskedOneAtATime() throws IOException {
    Mount fine = mounted("fine", "1");
    client("1", SIZE, LATENCY);
    assertThat(clients.staged(List.of(fine))).hasSize(1);
    asked.clear();
    Mount dead = mounted("dead", "2");
    Mount too = mounted("too", "3");
    silent.addAll(Set.of(dead.path(), too.path()));

    assertThat(clients.staged(List.of(dead, too, fine)))
        .extracting(StagedSubvolume::volumeId)
        .containsExactly("id-of-fine");
    assertThat(asked).hasSize(1);
  }

  @Test
  void staged_noDebugfsOrAnOlderKernel_tellsNothing() throws IOException {
    Mount mount = mounted("a", "4305");
    assertThat(clients.staged(List.of(mount))).isEmpty();
    Files.createDirectories(debugfs.resolve(FSID + ".client4305"));
    assertThat(clients.staged(List.of(mount))).isEmpty();
    client("4305", "no table\n", LATENCY);
    assertThat(clients.staged(List.of(mount))).isEmpty();

    var elsewhere = new KernelClients(directory.resolve("nowhere"), this::answer);
    assertThat(elsewhere.staged(List.of(mount))).isEmpty();
  }

  @Test
  void staged_mountOfAnotherThanKubelet_hasNoId() throws IOException {
    Mount mount = mounted("a", "4305");
    client("4305", SIZE, LATENCY);
    Files.delete(mount.path().resolveSibling("vol_data.json"));

    assertThat(clients.staged(List.of(mount)))
        .extracting(StagedSubvolume::volumeId)
        .containsExactly("");
  }
}
