package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.DeviceClaim;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.SingleNodeCeph;
import io.cephcsi.ceph.Watcher;
import io.cephcsi.cluster.Json;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.csi.host.ChildProcesses;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.ControlGroup;
import io.cephcsi.csi.host.Filesystems;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.rbd.MapOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Images of a real Ceph as block devices of this machine, without the kernel's rbd. */
class UserspaceMapperIT {
  @RegisterExtension static final SingleNodeCeph CEPH = new SingleNodeCeph();

  private static final long SMALL = 512L << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static ConnectionPool connections;
  private static Cluster cluster;

  @TempDir Path directory;
  private final ChildProcesses commands = new ChildProcesses();
  private final Mounts mounts = new Mounts(commands);
  private final Filesystems filesystems = new Filesystems(commands);
  private final String name = "csi-vol-" + UUID.randomUUID();
  private Pool pool;
  private ImageSpec image;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed by disconnect
  static void connect() {
    connections = new ConnectionPool(ConnectionSettings.DEFAULT);
    cluster = connections.lend(CEPH.monitors(), CEPH.credentials());
  }

  @AfterAll
  static void disconnect() {
    cluster.close();
    connections.close();
  }

  @BeforeEach
  @SuppressWarnings("MustBeClosedChecker") // closed by removeImage
  void makeImage() {
    pool = cluster.openPool(CEPH.pool(), "");
    pool.createImage(name, SMALL, ImageOptions.DEFAULT);
    image = new ImageSpec(CEPH.pool(), "", name);
  }

  @AfterEach
  void removeImage() {
    mounts.unmount(mountPoint());
    mapper().clear(image);
    pool.removeImage(name);
    pool.close();
  }

  @Test
  void life_withAnotherDriverAtEachStep() throws Exception {
    Path device = mapper().map(request(false)).path();
    filesystems.make("xfs", device, List.of());
    Files.createDirectory(mountPoint());
    mounts.mount("xfs", device, mountPoint(), List.of("nouuid"));
    Files.writeString(mountPoint().resolve("file"), "data");
    assertThat(watchers()).hasSize(1);
    resizeImage(2 * SMALL);

    MappedDevice grown = mapper().resize(onlyDevice(), 2 * SMALL, PATIENCE);

    assertThat(grown.sizeBytes()).isEqualTo(2 * SMALL);
    filesystems.grow("xfs", device, mountPoint());
    assertThat(filesystems.usage(mountPoint()).totalBytes()).isGreaterThan(SMALL);
    assertThatThrownBy(() -> mapper().unmap(onlyDevice(), ""))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("still mounted");
    mounts.unmount(mountPoint());
    mapper().unmap(onlyDevice(), "");
    assertNothingLeft();

    MappedDevice again = mapper().map(request(true));

    assertThat(again.readOnly()).isTrue();
    assertThat(filesystems.on(again.path())).contains("xfs");
    mounts.mount("xfs", again.path(), mountPoint(), List.of("nouuid", "ro"));
    assertThat(mountPoint().resolve("file")).hasContent("data");
  }

  /** As a filesystem that umount has taken out of the table and that is still written out. */
  @Test
  void unmap_mountedWhereItIsNotSeen_isRefused() throws Exception {
    Path device = mapper().map(request(false)).path();
    filesystems.make("xfs", device, List.of());
    Files.createDirectory(mountPoint());
    mounts.mount("xfs", device, mountPoint(), List.of("nouuid"));
    Process elsewhere =
        new ProcessBuilder(
                "unshare", "--mount", "--propagation=private", "sh", "-c", "echo there; exec cat")
            .start();
    try {
      assertThat(elsewhere.inputReader().readLine()).isEqualTo("there");
      mounts.unmount(mountPoint());

      assertThatThrownBy(() -> mapper().unmap(onlyDevice(), ""))
          .isInstanceOf(CsiException.FailedPrecondition.class)
          .hasMessageContaining("is still held");
    } finally {
      elsewhere.destroy();
      elsewhere.onExit().join();
    }
    mapper().unmap(onlyDevice(), "");
    assertNothingLeft();
  }

  @Test
  void map_key_isOnNoCommandLineAndInNoFile() throws Exception {
    var _ = mapper().map(request(false));

    String key = CEPH.credentials().key();
    assertThat(commandLines().filter(line -> line.contains(name))).hasSize(1);
    assertThat(commandLines()).noneMatch(line -> line.contains(key));
    for (Path file : filesOf(onlyFolder())) {
      assertThat(Files.readString(file)).doesNotContain(key);
    }
  }

  @Test
  void map_wrongKey_isToldAndLeavesNothing() {
    var wrong =
        new Credentials(CEPH.credentials().user(), "AQBbbbbbAAAAABAAbbbbbbbbbbbbbbbbbbbbbg==");

    assertThatThrownBy(() -> mapper().map(request(wrong, false)))
        .isInstanceOf(CommandFailed.class)
        .hasMessageNotContaining("AQBbbbbb");

    assertNothingLeft();
  }

  @Test
  void map_userWithoutRightsToThePool_isToldWhichAndLeavesNothing() throws Exception {
    String entity = "client.reader-" + UUID.randomUUID();
    String made =
        cluster.monitorCommand(
            "{\"prefix\":\"auth get-or-create\",\"format\":\"json\",\"entity\":\"%s\",\"caps\":[\"mon\",\"allow r\",\"osd\",\"allow r pool=none\"]}"
                .formatted(entity));
    String key = Json.MAPPER.readTree(made).path(0).path("key").asText();
    var reader = new Credentials(entity.substring("client.".length()), key);

    assertThatThrownBy(() -> mapper().map(request(reader, false)))
        .isInstanceOf(CsiException.PermissionDenied.class)
        .hasMessageContaining("image %s is not mapped".formatted(image))
        .hasMessageContaining("Operation not permitted")
        .hasMessageContaining("see the user's key in the secret and its osd caps in the cluster")
        .hasMessageNotContaining(key);

    assertNothingLeft();
    var _ = cluster.monitorCommand("{\"prefix\":\"auth rm\",\"entity\":\"" + entity + "\"}");
  }

  @Test
  void map_stateDirectoryBehindALink_isFoundAgain() throws Exception {
    Path real = Files.createDirectory(directory.resolve("real"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), real);
    var mapper = new UserspaceMapper(commands, link, unused(), group());

    MappedDevice device = mapper.map(request(false));

    assertThat(mapper.devices()).containsExactly(device);
    mapper.unmap(device, "");
    assertThat(real).isEmptyDirectory();
  }

  /** Where a container's runtime does not look for what it ends with the container. */
  @Test
  void map_daemonIsInTheDriversControlGroup() throws Exception {
    Path groups = Files.createDirectory(directory.resolve("groups"));
    Files.writeString(groups.resolve("cgroup.procs"), "");

    MappedDevice device = mapper().map(request(false));

    assertThat(groups.resolve("cephcsi/cgroup.procs"))
        .hasContent(Files.readString(onlyFolder().resolve("pid")).strip());
    mapper().unmap(device, "");
  }

  @Test
  void daemonKilledBelowAMount_canBeTakenAwayAndMappedAgain() throws Exception {
    Path device = mapper().map(request(false)).path();
    filesystems.make("xfs", device, List.of());
    Files.createDirectory(mountPoint());
    mounts.mount("xfs", device, mountPoint(), List.of("nouuid"));
    long pid = Long.parseLong(Files.readString(onlyFolder().resolve("pid")).strip());

    assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
    ProcessHandle.of(pid).ifPresent(p -> p.onExit().join());

    assertThat(mapper().devices()).isEmpty();
    mounts.unmount(mountPoint());
    mapper().clear(image);
    assertNothingKept();
    assertThat(mapper().map(request(false)).sizeBytes()).isEqualTo(SMALL);
  }

  private Path mountPoint() {
    return directory.resolve("mount");
  }

  /** A new one at each call, as a driver that was started again has. */
  private UserspaceMapper mapper() {
    return new UserspaceMapper(commands, directory.resolve("state"), unused(), group());
  }

  private Unused unused() {
    return new Unused(
        mounts, new BlockDevices(Path.of("/sys")), DeviceClaim::held, Duration.ofMillis(200));
  }

  private ControlGroup group() {
    return new ControlGroup(directory.resolve("groups"), "cephcsi");
  }

  private MapRequest request(boolean readOnly) {
    return request(CEPH.credentials(), readOnly);
  }

  private MapRequest request(Credentials user, boolean readOnly) {
    return new MapRequest(
        cluster.fsid(),
        CEPH.monitors(),
        user,
        image,
        pool.imageId(name).orElseThrow(),
        readOnly,
        MapOptions.of(""),
        "",
        "",
        "");
  }

  private MappedDevice onlyDevice() {
    List<MappedDevice> devices = mapper().devices();
    assertThat(devices).hasSize(1);
    return devices.getFirst();
  }

  private Path onlyFolder() throws IOException {
    List<Path> folders = filesOf(directory.resolve("state"));
    assertThat(folders).hasSize(1);
    return folders.getFirst();
  }

  private static List<Path> filesOf(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(f -> !f.getFileName().toString().matches("image|qmp")) // the device, a socket
          .toList();
    }
  }

  private void resizeImage(long bytes) {
    try (Image open = pool.openImage(name)) {
      open.resize(bytes);
    }
  }

  private List<Watcher> watchers() {
    try (Image open = pool.openImageReadOnly(name)) {
      return open.watchers();
    }
  }

  private void assertNothingLeft() {
    assertNothingKept();
    assertThat(watchers()).isEmpty();
  }

  private void assertNothingKept() {
    assertThat(mapper().devices()).isEmpty();
    assertThat(directory.resolve("state")).isEmptyDirectory();
    assertThat(mounts.all()).noneMatch(mount -> mount.path().startsWith(directory));
    assertThat(commandLines()).noneMatch(line -> line.contains(name));
  }

  private static Stream<String> commandLines() {
    return ProcessHandle.allProcesses().map(UserspaceMapperIT::commandLine);
  }

  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(
          Path.of("/proc", Long.toString(process.pid()), "cmdline"), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }
}
