package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import csi.v1.ProbeRequest;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * The image that the environment's IMAGE names; {@code ./dev image --test} makes it and runs this.
 */
@EnabledIfEnvironmentVariable(named = "IMAGE", matches = ".+")
final class ImageIT {
  /** All that the driver, the Dockerfile and the charts call by name. */
  private static final List<String> PROGRAMS =
      List.of(
          "bash",
          "blkid",
          "fsck.ext4",
          "fsck.xfs",
          "fusermount3",
          "getfattr",
          "losetup",
          "mkfs.ext4",
          "mkfs.xfs",
          "modprobe",
          "mount",
          "mount.ceph",
          "nsenter",
          "qemu-storage-daemon",
          "rbd",
          "rbd-nbd",
          "resize2fs",
          "setsid",
          "stat",
          "umount",
          "xfs_growfs");

  private static DockerImage image;

  @TempDir Path folder;

  @BeforeAll
  static void find() {
    image = new DockerImage(Objects.requireNonNull(System.getenv("IMAGE")));
  }

  /**
   * Nobody's user, a root that cannot be written, no capability: as the chart's provisioner runs.
   */
  @Test
  void provisioner_asTheChartRunsIt_passesIdentityOfCsiSanity() throws Exception {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path socket = folder.resolve("csi.sock");
    long began = System.nanoTime();
    try (var container =
            image.start(
                List.of(
                    "--network=none",
                    "--read-only",
                    "--user=65532:65532",
                    "--cap-drop=ALL",
                    "--security-opt=no-new-privileges",
                    "--env=CEPHCSI_JAVA_OPTS=-XX:AOTMode=on -Xlog:aot*=warning",
                    "--volume=%s:/csi".formatted(folder)),
                List.of(
                    "--type=rbd",
                    "--nodeid=image",
                    "--drivername=rbd.csi.ceph.com",
                    "--controllerserver",
                    "--endpoint=unix:///csi/csi.sock"));
        var client = new CsiClient(socket)) {
      Duration firstProbe = firstProbe(client, socket, container, began);
      System.out.printf(
          "image: %d MB, first Probe %d ms after docker run, RSS %d MiB then%n",
          Long.parseLong(image.configured("{{.Size}}")) / 1_000_000,
          firstProbe.toMillis(),
          rssBytes(container.pid()) >> 20);

      var outcome = sanity().identity(socket, folder);

      System.out.printf("csi-sanity on the image, identity: %s%n", outcome.summary());
      assertThat(outcome.exit()).as(outcome.output()).isZero();
      assertThat(outcome.summary()).contains("0 Failed").doesNotContain(" 0 Passed");
      assertThat(container.log()).doesNotContain("[aot");
      System.out.printf("image: RSS %d MiB after it%n", rssBytes(container.pid()) >> 20);
    }
  }

  private static Duration firstProbe(
      CsiClient client, Path socket, DockerImage.Container container, long began) throws Exception {
    long end = began + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      try {
        if (Files.exists(socket)) {
          var _ = client.identity().probe(ProbeRequest.getDefaultInstance());
          return Duration.ofNanos(System.nanoTime() - began);
        }
      } catch (StatusRuntimeException e) {
        // it does not listen yet
      }
      assertThat(System.nanoTime()).as(container.log()).isLessThan(end);
      Thread.sleep(5);
    }
  }

  private static long rssBytes(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void image_hasWhatTheDriverCalls() throws Exception {
    String missing =
        image.shell(
            "for p in %s ceph-fuse; do command -v $p >/dev/null || echo $p; done"
                .formatted(String.join(" ", PROGRAMS)));

    // Debian has it for amd64 only; the driver then says so.
    assertThat(missing)
        .isEqualTo(image.configured("{{.Architecture}}").equals("arm64") ? "ceph-fuse" : "");
  }

  @Test
  void image_tellsItsVersion() throws Exception {
    assertThat(image.shell("cephcsi --version")).startsWith("Cephcsi Version: ");
  }

  /** The JVM ends with an error where it is told that the cache must be good and is not. */
  @Test
  void image_startsWithItsCacheOfClasses() throws Exception {
    String version =
        image.shell("CEPHCSI_JAVA_OPTS='-XX:AOTMode=on -Xlog:aot*=warning' cephcsi --version");

    assertThat(version).startsWith("Cephcsi Version: ");
  }

  @Test
  void image_tellsWhatItIsMadeOf() throws Exception {
    JsonNode sbom = new JsonMapper().readTree(image.shell("cat /usr/local/lib/cephcsi/sbom.json"));
    List<String> components =
        StreamSupport.stream(sbom.path("components").spliterator(), false)
            .map(component -> component.path("name").textValue())
            .toList();

    assertThat(sbom.path("bomFormat").textValue()).isEqualTo("CycloneDX");
    assertThat(components).contains("grpc-okhttp", "jna", "jackson-databind");
    // Each jar of the image is told of.
    assertThat(image.shell("ls /usr/local/lib/cephcsi/lib").lines())
        .allMatch(jar -> components.stream().anyMatch(jar::startsWith));
  }

  @Test
  void image_leavesHealthToKubernetes() throws Exception {
    assertThat(image.configured("{{.Config.Healthcheck}}")).isEqualTo("<nil>");
    assertThat(image.configured("{{json .Config.Entrypoint}}"))
        .isEqualTo("[\"/usr/local/bin/cephcsi\"]");
  }

  private static CsiSanity sanity() {
    String program = System.getenv("CSI_SANITY");
    assertThat(program).as("CSI_SANITY: run this by ./dev image --test").isNotNull();
    return new CsiSanity(Path.of(program));
  }
}
