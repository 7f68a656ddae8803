package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.Commands;
import io.cephcsi.rbd.MapOptions;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernel's interface as files in a folder; the real one is in the guest's tests. */
class KernelMapperTest {
  private static final ImageSpec IMAGE = new ImageSpec("rbd", "", "csi-vol-1");
  private static final long GIB = 1L << 30;

  @TempDir Path sysfs;
  private final List<String> started = new ArrayList<>();
  private KernelMapper mapper;

  @BeforeEach
  void start() throws Exception {
    mapper = new KernelMapper(sysfs, this::run);
    Files.createDirectories(sysfs.resolve("bus/rbd/devices"));
    write("bus/rbd/supported_features", "0x3d");
    write("bus/rbd/add_single_major", "");
    write("bus/rbd/remove_single_major", "");
  }

  private Commands.Outcome run(List<String> command, byte[] input, Duration deadline) {
    started.add(String.join(" ", command));
    return new Commands.Outcome(1, "", "");
  }

  @Test
  void trouble_noRbd_isAskedForOnceMoreAndTold() throws Exception {
    var none = new KernelMapper(Files.createDirectory(sysfs.resolve("empty")), this::run);

    assertThat(none.trouble(1)).contains("no rbd");
    assertThat(started).containsExactly("modprobe rbd");
  }

  @Test
  void trouble_features_namesThoseThatTheKernelLacks() {
    assertThat(mapper.trouble(0x3d)).isEmpty();
    assertThat(mapper.trouble(1 | 64)).contains("journaling");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "10.0.0.1:6789 | '' | 10.0.0.1:6789 | rw",
        "10.0.0.1:3300 | '' | 10.0.0.1:3300 | ms_mode=prefer-crc,rw",
        "[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0] | '' | 10.0.0.1:6789 | rw",
        "[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0] | ms_mode=secure | 10.0.0.1:3300 | rw,ms_mode=secure",
        "10.0.0.1:6789,10.0.0.2:6789 | noudev,queue_depth=64 | 10.0.0.1:6789,10.0.0.2:6789 | rw,queue_depth=64",
      })
  void map_writesOneLine(String monitors, String options, String address, String told)
      throws Exception {
    device("0", IMAGE, "id1", GIB);

    MappedDevice device = mapper.map(request(monitors, IMAGE, options));

    assertThat(device.path()).isEqualTo(Path.of("/dev/rbd0"));
    assertThat(read("bus/rbd/add_single_major"))
        .matches(
            "%s name=csi,(key=cephcsi\\.f\\.csi|secret=c2VjcmV0),%s rbd csi-vol-1 -"
                .formatted(address.replace(".", "\\."), told));
  }

  @Test
  void map_namespace_isAnOption() throws Exception {
    var image = new ImageSpec("rbd", "tenant", "csi-vol-1");
    device("0", image, "id1", GIB);

    assertThat(mapper.map(request("10.0.0.1", image, "")).image()).isEqualTo(image);
    assertThat(read("bus/rbd/add_single_major")).contains(",_pool_ns=tenant ");
  }

  @Test
  void map_optionsWithBlanks_areRefusedBeforeTheKernelSeesThem() throws Exception {
    assertThatThrownBy(() -> mapper.map(request("10.0.0.1", IMAGE, "ro other image")))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("ro other image");
    assertThat(read("bus/rbd/add_single_major")).isEmpty();
  }

  @Test
  void map_onlyAnotherImageOfThatNameShows_isUnmapped() throws Exception {
    device("7", IMAGE, "newer", GIB);

    assertThatThrownBy(() -> mapper.map(request("10.0.0.1", IMAGE, "")))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining("csi-vol-1")
        .hasMessageContaining("newer");

    assertThat(read("bus/rbd/remove_single_major")).isEqualTo("7");
  }

  @Test
  void map_nothingShows_isTold() {
    assertThatThrownBy(() -> mapper.map(request("10.0.0.1", IMAGE, "")))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("csi-vol-1");
  }

  /** What opening a socket is refused with is what the kernel says of unknown features. */
  @Test
  void map_imageHasFeaturesThatTheKernelLacks_isRefusedWithWhatToChoose() throws Exception {
    Path file = sysfs.resolve("bus/rbd/add_single_major");
    Files.delete(file);
    try (var socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.bind(UnixDomainSocketAddress.of(file));

      assertRefused("No such device or address")
          .hasMessageContaining("this kernel lacks (it has 0x3d): choose fewer imageFeatures");
    }
  }

  @Test
  void map_anyOtherRefusal_namesImageReasonAndWhereToLook() throws Exception {
    Path file = sysfs.resolve("bus/rbd/add_single_major");
    Files.delete(file);
    Files.createSymbolicLink(file, Path.of("/dev/full"));

    assertRefused("No space left on device").hasMessageEndingWith("see the kernel's log (dmesg)");
  }

  private AbstractThrowableAssert<?, ?> assertRefused(String why) {
    return assertThatThrownBy(() -> mapper.map(request("10.0.0.1:6789", IMAGE, "")))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("the kernel does not map image rbd/csi-vol-1")
        .hasMessageContaining(why)
        .hasMessageNotContaining("c2VjcmV0");
  }

  @Test
  void devices_snapshotsAndHalfGoneOnes_areLeftOut() throws Exception {
    device("0", IMAGE, "id1", GIB);
    device("1", IMAGE, "id1", GIB);
    write("bus/rbd/devices/1/current_snap", "snap");
    Files.createDirectory(sysfs.resolve("bus/rbd/devices/2"));

    assertThat(mapper.devices())
        .containsExactly(new MappedDevice("f", IMAGE, "id1", Path.of("/dev/rbd0"), false, GIB));
  }

  @Test
  void unmap_writesTheNumberAndForceWhenAsked() throws Exception {
    device("12", IMAGE, "id1", GIB);
    MappedDevice device = mapper.devices().getFirst();

    mapper.unmap(device, "");
    assertThat(read("bus/rbd/remove_single_major")).isEqualTo("12");
    mapper.unmap(device, "x,force");
    assertThat(read("bus/rbd/remove_single_major")).isEqualTo("12 force");
  }

  @Test
  void unmap_kernelRefuses_isTold() throws Exception {
    device("0", IMAGE, "id1", GIB);
    MappedDevice device = mapper.devices().getFirst();
    Files.delete(sysfs.resolve("bus/rbd/remove_single_major"));

    assertThatThrownBy(() -> mapper.unmap(device, ""))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("/dev/rbd0");
  }

  @Test
  void unmap_goneMeanwhile_isNoError() throws Exception {
    Files.delete(sysfs.resolve("bus/rbd/remove_single_major"));

    mapper.unmap(new MappedDevice("f", IMAGE, "id1", Path.of("/dev/rbd7"), false, GIB), "");
  }

  @Test
  void resize_deviceKeepsItsSize_isUnavailable() throws Exception {
    device("0", IMAGE, "id1", GIB);
    MappedDevice device = mapper.devices().getFirst();

    assertThatThrownBy(() -> mapper.resize(device, 2 * GIB, Duration.ofMillis(100)))
        .isInstanceOf(CsiException.Unavailable.class);
    write("class/block/rbd0/size", Long.toString(2 * GIB / 512));
    assertThat(mapper.resize(device, 2 * GIB, Duration.ofMillis(100)).sizeBytes())
        .isEqualTo(2 * GIB);
  }

  private static MapRequest request(String monitors, ImageSpec image, String options) {
    return new MapRequest(
        "f",
        monitors,
        new Credentials("csi", "c2VjcmV0"),
        image,
        "id1",
        false,
        MapOptions.of(options),
        "",
        "",
        "");
  }

  private void device(String number, ImageSpec image, String imageId, long bytes) throws Exception {
    String entry = "bus/rbd/devices/" + number + "/";
    write(entry + "pool", image.pool());
    write(entry + "pool_ns", image.namespace());
    write(entry + "name", image.image());
    write(entry + "image_id", imageId);
    write(entry + "current_snap", "-");
    write(entry + "cluster_fsid", "f");
    write(entry + "refresh", "");
    write("class/block/rbd" + number + "/size", Long.toString(bytes / 512));
    write("class/block/rbd" + number + "/ro", "0");
    write("class/block/rbd" + number + "/dev", "252:" + number);
  }

  private void write(String file, String text) throws Exception {
    Path path = sysfs.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text.isEmpty() ? "" : text + "\n");
  }

  private String read(String file) throws Exception {
    return Files.readString(sysfs.resolve(file)).strip();
  }
}
