package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Commands;
import io.cephcsi.csi.host.ControlGroup;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.rbd.MapOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** rbd-nbd and the kernel as files in a folder; the real ones are in the guest's tests. */
class NbdMapperTest {
  private static final ImageSpec IMAGE = new ImageSpec("rbd", "", "csi-vol-1");
  private static final String HELP = "--cookie  Specify device cookie";
  private static final String KEY = "c2VjcmV0";
  private static final long GIB = 1L << 30;

  /** Greater than any real process id: nothing of the machine is touched. */
  private static final long PID = 5_000_000;

  @TempDir Path directory;
  private final List<List<String>> commands = new ArrayList<>();
  private final List<String> sizes = new ArrayList<>();
  private String keyFile = "";
  private boolean installed = true;
  private String failure = "";

  /** What a command leaves undone, which says that it has done it. */
  private boolean idle;

  /** Whether a filesystem has the device that is in no mount table. */
  private boolean held;

  private NbdMapper mapper;

  @BeforeEach
  void start() throws Exception {
    write("proc/sys/kernel/osrelease", "6.1.0-30-amd64");
    write("mountinfo", "");
    Files.createDirectories(directory.resolve("sys/module/nbd"));
    Files.createDirectories(directory.resolve("sys/block"));
    mapper = mapper();
  }

  private NbdMapper mapper() {
    return new NbdMapper(
        new NbdMapper.Host(
            directory.resolve("sys"),
            directory.resolve("proc"),
            directory.resolve("ceph.conf"),
            this::setSize,
            Duration.ofMillis(200)),
        this::run,
        new Unused(
            new Mounts(this::run, directory.resolve("mountinfo")),
            new BlockDevices(directory.resolve("sys")),
            _ -> held,
            Duration.ofMillis(100)),
        new ControlGroup(directory.resolve("cgroup"), "cephcsi"));
  }

  private void setSize(int number, String cookie, long bytes) {
    sizes.add(number + " " + cookie);
    write("sys/class/block/nbd" + number + "/size", Long.toString(bytes / 512));
  }

  private Commands.Outcome run(List<String> command, byte[] input, Duration deadline) {
    commands.add(command);
    if (command.getFirst().equals("rbd-nbd") && !installed) {
      throw new CommandFailed(command, new Commands.Outcome(127, "", "cannot be started"));
    }
    if (command.contains("--help")) {
      return new Commands.Outcome(0, HELP, "");
    }
    if (!failure.isEmpty()) {
      return new Commands.Outcome(1, "", failure);
    }
    if (idle) {
      return new Commands.Outcome(0, command.contains("map") ? "/dev/nbd0\n" : "", "");
    }
    if (command.contains("map") || command.contains("attach")) {
      keyFile = key(command);
      process(PID + 1, command.subList(command.indexOf("rbd-nbd"), command.size()));
      if (command.contains("map")) {
        device(0, PID + 1, GIB);
        cookie(0, command);
      }
      return new Commands.Outcome(0, "/dev/nbd0\n", "");
    }
    if (command.contains("unmap")) {
      delete("sys/block/nbd0/pid");
      delete("proc/" + (PID + 1) + "/cmdline");
    }
    return new Commands.Outcome(0, "", "");
  }

  private static String key(List<String> command) {
    String option = command.stream().filter(a -> a.startsWith("--keyfile=")).findFirst().orElse("");
    try {
      return Files.readString(Path.of(option.substring("--keyfile=".length())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void map_netNamespace_isEnteredByTheProcessAlone() throws Exception {
    var request = request("", false).inNetNamespace(List.of("rbd-nbd", "map"));
    assertThat(request).containsExactly("rbd-nbd", "map");

    var inside =
        new MapRequest(
            "f",
            "10.0.0.1:6789",
            new Credentials("csi", KEY),
            IMAGE,
            "id1",
            false,
            MapOptions.of(""),
            "0001-v",
            directory.resolve("log").toString(),
            "/run/netns/storage");
    var _ = mapper.map(inside);

    assertThat(commands.getLast())
        .startsWith("nsenter", "--net=/run/netns/storage", "--", "rbd-nbd");
  }

  @Test
  void trouble_programMissing_isTold() {
    installed = false;

    assertThat(mapper.trouble(0)).contains("rbd-nbd is not installed");
    installed = true;
    assertThat(mapper.trouble(0)).isEmpty();
  }

  @Test
  void trouble_noNbdInTheKernel_isAskedForOnceMoreAndTold() {
    delete("sys/module/nbd");

    assertThat(mapper.trouble(0)).contains("no nbd");
    assertThat(commands).contains(List.of("modprobe", "nbd"));
    assertThat(mapper.devices()).isEmpty();
  }

  @Test
  void map_plain_isOneCommandAndTheKeyIsInNoFile() {
    MappedDevice device = mapper.map(request("", false));

    assertThat(device)
        .isEqualTo(
            new MappedDevice("f", IMAGE, "", Path.of("/dev/nbd0"), false, GIB, true, "0001-v", ""));
    assertThat(keyFile).isEqualTo(KEY);
    String line = String.join(" ", mapping());
    assertThat(line)
        .matches(
            "rbd-nbd --conf /dev/null --id csi -m 10\\.0\\.0\\.1:6789 --keyfile=/proc/\\d+/fd/\\d+"
                + " --fsid=f --client_mount_timeout=30 --log-file "
                + directory.resolve("log/rbd-nbd-0001-v.log")
                + " map rbd/csi-vol-1 --try-netlink --reattach-timeout=300 --io-timeout=0"
                + " --cookie=0001-v");
    assertThat(line).doesNotContain(KEY);
  }

  @Test
  void map_processIsInTheDriversControlGroup() throws Exception {
    write("cgroup/cgroup.procs", "");

    var _ = mapper.map(request("", false));

    String pid = Files.readString(directory.resolve("sys/block/nbd0/pid"));
    assertThat(directory.resolve("cgroup/cephcsi/cgroup.procs")).hasContent(pid);
  }

  @Test
  void map_options_replaceTheDefaults() {
    var _ = mapper.map(request("krbd:x;nbd:reattach-timeout=60,exclusive,try-netlink", true));

    assertThat(mapping())
        .containsSubsequence(
            "map",
            "rbd/csi-vol-1",
            "--io-timeout=0",
            "--cookie=0001-v",
            "--reattach-timeout=60",
            "--exclusive",
            "--try-netlink",
            "--read-only")
        .doesNotContain("--reattach-timeout=300", "--x")
        .containsOnlyOnce("--try-netlink");
  }

  @Test
  void map_namespaceAndCephConf_areTold() {
    write("ceph.conf", "[global]");
    var image = new ImageSpec("rbd", "tenant", "csi-vol-1");

    assertThat(mapper.map(request(image, "", false)).image()).isEqualTo(image);
    assertThat(mapping())
        .contains("rbd/tenant/csi-vol-1", directory.resolve("ceph.conf").toString());
  }

  @ParameterizedTest
  @CsvSource({
    "4.18.0-348.el8.x86_64,false",
    "4.18.0-372.9.1.el8.x86_64,true",
    "5.13.9,false",
    "5.14.0,true"
  })
  void map_olderKernels_getNoCookie(String release, boolean kept) {
    write("proc/sys/kernel/osrelease", release);

    MappedDevice device = mapper.map(request("", false));

    assertThat(mapping().contains("--cookie=0001-v")).isEqualTo(kept);
    assertThat(device.volumeId()).isEqualTo(kept ? "0001-v" : "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--exclusive", "a b", "=x", "x=a b"})
  void map_optionThatIsNone_isRefused(String option) {
    assertThatThrownBy(() -> mapper.map(request("nbd:" + option, false)))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining(option);
  }

  @Test
  void map_refused_isToldWithTheLog() {
    failure = "rbd-nbd: unknown args: --foo";

    assertThatThrownBy(() -> mapper.map(request("nbd:foo", false)))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("unknown args")
        .hasMessageContaining("rbd-nbd-0001-v.log")
        .hasMessageNotContaining(KEY);
  }

  @Test
  void devices_processEnded_isLostAndRevivedByAttach() {
    var _ = mapper.map(request("", false));
    delete("proc/" + (PID + 1) + "/cmdline");

    MappedDevice lost = mapper.lost().getFirst();

    assertThat(lost.served()).isFalse();
    assertThat(lost.volumeId()).isEqualTo("0001-v");
    assertThatThrownBy(() -> mapper.resize(lost, 2 * GIB, Duration.ofSeconds(1)))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("has ended");
    write("sys/block/nbd0/pid", "77"); // the kernel goes on to tell the first one
    MappedDevice again = mapper.revive(lost, request("", false));
    assertThat(commands.getLast())
        .containsSubsequence(
            "attach",
            "rbd/csi-vol-1",
            "--device",
            "/dev/nbd0",
            "--try-netlink",
            "--reattach-timeout=300",
            "--io-timeout=0",
            "--cookie=0001-v");
    assertThat(again.served()).isTrue();
    assertThat(mapper.devices()).containsExactly(again);
    assertThat(mapper.lost()).isEmpty();
  }

  @Test
  void devices_processNumberNowAnotherImages_isLost() {
    var _ = mapper.map(request("", false));
    process(PID + 1, List.of("rbd-nbd", "map", "rbd/other", "--cookie=0001-other"));

    assertThat(mapper.devices()).singleElement().matches(device -> !device.served());
  }

  @Test
  void devices_ofOtherPrograms_areLeftOut() {
    device(0, PID, GIB);
    process(PID, List.of("qemu-nbd", "--connect=/dev/nbd0"));
    device(1, PID + 1, GIB);
    process(PID + 1, List.of("rbd-nbd", "list-mapped"));

    assertThat(mapper.devices()).isEmpty();
  }

  @Test
  void devices_asCephCsiMapsThem_areKnownByTheirMonitors() {
    device(0, PID, GIB);
    cookie(0, List.of("--cookie=0001-v"));
    process(
        PID,
        List.of(
            "rbd-nbd",
            "--id",
            "map",
            "-m",
            "10.0.0.2:6789,10.0.0.1:6789",
            "--keyfile=/tmp/csi/keys/keyfile-1",
            "--log-file",
            "/var/log/ceph/rbd-nbd-0001-v.log",
            "map",
            "rbd/csi-vol-1",
            "--try-netlink",
            "--cookie=0001-v"));

    MappedDevice device = mapper.devices().getFirst();

    assertThat(device.image()).isEqualTo(IMAGE);
    assertThat(mapper.shows(device, request("", false))).isTrue();
    assertThat(mapper.shows(device, elsewhere("10.0.9.9:6789", "g"))).isFalse();
  }

  @Test
  void shows_imageOfThatNameInAnotherCluster_isFalse() {
    MappedDevice device = mapper.map(request("", false));

    assertThat(mapper.shows(device, request("", false))).isTrue();
    assertThat(mapper.shows(device, elsewhere("10.0.0.1:6789", "g"))).isFalse();
  }

  @Test
  void unmap_mounted_isRefused() {
    MappedDevice device = mapper.map(request("", false));
    write("mountinfo", "36 35 43:0 / /staged rw,relatime - ext4 /dev/nbd0 rw\n");

    assertThatThrownBy(() -> mapper.unmap(device, ""))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("still mounted");
    assertThat(commands).noneMatch(c -> c.contains("unmap"));
  }

  /** A umount was killed, or its driver was, and the kernel still writes the filesystem out. */
  @Test
  void unmap_whatIsStillWrittenOut_isRefused() {
    MappedDevice device = mapper.map(request("", false));
    held = true;

    assertThatThrownBy(() -> mapper.unmap(device, ""))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("/dev/nbd0, which shows image rbd/csi-vol-1, is still held");
    assertThat(commands).noneMatch(c -> c.contains("unmap"));

    held = false;
    mapper.unmap(device, "");
    assertThat(commands).anyMatch(c -> c.contains("unmap"));
  }

  @Test
  void unmap_twice_isOnce() {
    MappedDevice device = mapper.map(request("", false));
    commands.clear();

    mapper.unmap(device, "force,x=1");
    mapper.unmap(device, "");

    assertThat(commands)
        .containsExactly(List.of("rbd-nbd", "unmap", "/dev/nbd0", "--force", "--x=1"));
    assertThat(mapper.devices()).isEmpty();
  }

  @Test
  void unmap_refused_isTold() {
    MappedDevice device = mapper.map(request("", false));
    failure = "rbd-nbd: failed to unmap";

    assertThatThrownBy(() -> mapper.unmap(device, ""))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("failed to unmap");
  }

  @Test
  void map_processEndsAtOnce_isUnavailableAndNamesItsLog() {
    idle = true;

    assertThatThrownBy(() -> mapper.map(request("", false)))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("rbd-nbd has mapped rbd/csi-vol-1 to /dev/nbd0, but no process")
        .hasMessageContaining("see " + directory.resolve("log/rbd-nbd-0001-v.log"))
        .hasMessageNotContaining(KEY);

    idle = false;
    assertThat(mapper.map(request("", false)).served()).isTrue();
  }

  @Test
  void unmap_deviceStays_isUnavailableAndCanBeRepeated() {
    MappedDevice device = mapper.map(request("", false));
    idle = true;

    assertThatThrownBy(() -> mapper.unmap(device, ""))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("/dev/nbd0 of image rbd/csi-vol-1")
        .hasMessageContaining("see who has it open");

    assertThat(mapper.devices()).containsExactly(device);
    idle = false;
    mapper.unmap(device, "");
    assertThat(mapper.devices()).isEmpty();
  }

  @Test
  void clear_processThatWasMapping_isUnavailableUntilItHasEnded() {
    process(PID, List.of("rbd-nbd", "map", "rbd/csi-vol-1", "--cookie=0001-v"));

    assertThatThrownBy(() -> mapper.clear(IMAGE))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("image rbd/csi-vol-1")
        .hasMessageContaining("process " + PID)
        .hasMessageContaining("see its state");

    delete("proc/" + PID + "/cmdline");
    mapper.clear(IMAGE);
    assertThat(mapper.devices()).isEmpty();
  }

  @Test
  void resize_driverStops_isUnavailableAndKeepsTheDevice() {
    MappedDevice device = mapper.map(request("", false));
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> mapper.resize(device, 2 * GIB, Duration.ofSeconds(5)))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("waits for rbd-nbd of image rbd/csi-vol-1: ask again");

    assertThat(Thread.interrupted()).isTrue();
    assertThat(mapper.resize(device, 2 * GIB, Duration.ofSeconds(5)).sizeBytes())
        .isEqualTo(2 * GIB);
  }

  @Test
  void resize_withCookie_tellsTheKernel() {
    MappedDevice device = mapper.map(request("", false));

    assertThat(mapper.resize(device, 3 * GIB, Duration.ofSeconds(5)).sizeBytes())
        .isEqualTo(3 * GIB);
    assertThat(sizes).containsExactly("0 0001-v");
  }

  @Test
  void clear_nothingLeft_isNoError() {
    var _ = mapper.map(request("", false));

    mapper.clear(new ImageSpec("rbd", "", "other"));

    assertThat(mapper.devices()).hasSize(1);
  }

  @Test
  void stash_isAsCephCsiWritesIt() {
    var context =
        Map.of("unmapOptions", "nbd:force", "cephLogDir", "/log", "cephLogStrategy", "preserve");

    Stash stash = mapper.stash(IMAGE, context).with(Path.of("/dev/nbd3"));

    assertThat(stash.text())
        .isEqualTo(
            "{\"Version\":3,\"pool\":\"rbd\",\"radosNamespace\":\"\",\"image\":\"csi-vol-1\","
                + "\"unmapOptions\":\"force\",\"accessType\":true,\"encrypted\":false,"
                + "\"device\":\"/dev/nbd3\",\"logDir\":\"/log\",\"logFileStrategy\":\"preserve\"}");
    assertThat(mapper.stash(IMAGE, Map.of()).logDirectory()).isEqualTo("/var/log/ceph");
    assertThat(mapper.stash(IMAGE, Map.of()).logStrategy()).isEqualTo("remove");
  }

  @ParameterizedTest
  @CsvSource({"remove,''", "compress,rbd-nbd-v.gz", "preserve,rbd-nbd-v.log", "blob,rbd-nbd-v.log"})
  void log_finished_isWhatTheClassWants(String strategy, String left) throws Exception {
    var log = new NbdLog(directory.resolve("logs").toString(), "v");
    log.prepare();
    Files.writeString(log.file(), "lines");

    log.finish(strategy);
    log.finish(strategy);

    assertThat(String.join(" ", directory.resolve("logs").toFile().list())).isEqualTo(left);
  }

  private List<String> mapping() {
    return commands.stream().filter(c -> c.contains("map")).findFirst().orElseThrow();
  }

  private MapRequest request(String options, boolean readOnly) {
    return request(IMAGE, options, readOnly);
  }

  private MapRequest request(ImageSpec image, String options, boolean readOnly) {
    return new MapRequest(
        "f",
        "10.0.0.1:6789",
        new Credentials("csi", KEY),
        image,
        "id1",
        readOnly,
        MapOptions.of(options),
        "0001-v",
        directory.resolve("log").toString(),
        "");
  }

  private MapRequest elsewhere(String monitors, String fsid) {
    return new MapRequest(
        fsid,
        monitors,
        new Credentials("csi", KEY),
        IMAGE,
        "id1",
        false,
        MapOptions.of(""),
        "0001-v",
        "",
        "");
  }

  private void device(int number, long pid, long bytes) {
    write("sys/block/nbd" + number + "/pid", Long.toString(pid));
    write("sys/class/block/nbd" + number + "/size", Long.toString(bytes / 512));
    write("sys/class/block/nbd" + number + "/ro", "0");
    write("sys/class/block/nbd" + number + "/dev", "43:" + number);
  }

  private void cookie(int number, List<String> command) {
    command.stream()
        .filter(a -> a.startsWith("--cookie="))
        .forEach(a -> write("sys/block/nbd" + number + "/backend", a.substring(9)));
  }

  private void process(long pid, List<String> command) {
    write("proc/" + pid + "/cmdline", String.join("\0", command) + "\0");
  }

  private void write(String file, String text) {
    try {
      Path path = directory.resolve(file);
      Files.createDirectories(path.getParent());
      Files.writeString(path, text, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void delete(String file) {
    try {
      Files.delete(directory.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
