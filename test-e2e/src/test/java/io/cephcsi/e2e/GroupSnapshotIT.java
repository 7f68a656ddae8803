package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.CapacityRange;
import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteVolumeGroupSnapshotRequest;
import csi.v1.DeleteVolumeRequest;
import csi.v1.GetPluginCapabilitiesRequest;
import csi.v1.GetVolumeGroupSnapshotRequest;
import csi.v1.GroupControllerGetCapabilitiesRequest;
import csi.v1.PluginCapability.Service;
import csi.v1.Snapshot;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.BlockVolume;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import csi.v1.VolumeGroupSnapshot;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Clusters;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Pool;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several volumes cut at one moment while somebody writes to them all, on a real Ceph. */
final class GroupSnapshotIT {
  private static final long SIZE = 64L << 20;

  /** What a killed driver had to purge is looked for after 30 s; its client is dead by then. */
  private static final Duration PURGES = Duration.ofMinutes(2);

  @TempDir Path folder;
  private ThrowawayCeph ceph;
  private DriverProcess driver;
  private CsiClient client;
  private Clusters clusters;
  private Cluster cluster;
  private Pool pool;
  private Map<String, String> secrets;

  @BeforeEach
  @SuppressWarnings("MustBeClosedChecker") // closed by stop
  void start() throws Exception {
    ceph = ThrowawayCeph.start("--no-cephfs");
    driver = DriverProcess.start(ceph, "--controllerserver", "--keyring=" + ceph.entry("keyring"));
    client = driver.client();
    clusters = new ConnectionPool(ConnectionSettings.DEFAULT);
    cluster = clusters.lend(ceph.monitors(), ceph.credentials());
    pool = cluster.openPool(ceph.pool(), "");
    secrets = Map.of("userID", ceph.credentials().user(), "userKey", ceph.credentials().key());
  }

  @AfterEach
  void stop() {
    pool.close();
    cluster.close();
    clusters.close();
    driver.close();
    ceph.close();
  }

  /** Writes rising numbers, to one volume after the other, so that any other moment shows. */
  private final class Writer implements AutoCloseable {
    private final List<String> volumes;
    private final Thread thread = Thread.ofPlatform().unstarted(this::write);
    private volatile boolean ended;
    private volatile long round;

    Writer(List<String> volumes) {
      this.volumes = volumes;
      thread.start();
    }

    @SuppressWarnings("MustBeClosedChecker") // closed at the end
    private void write() {
      List<Image> images = new ArrayList<>();
      try {
        volumes.forEach(id -> images.add(pool.openImage("csi-vol-" + uuid(id))));
        while (!ended) {
          long number = round + 1;
          byte[] data = ByteBuffer.allocate(Long.BYTES).putLong(number).array();
          for (Image image : images) {
            image.write(0, data);
            image.write((number % 15 + 1) << 22, data);
          }
          round = number;
        }
      } finally {
        images.forEach(Image::close);
      }
    }

    void awaitRounds(int more) throws InterruptedException {
      long until = round + more;
      while (round < until && thread.isAlive()) {
        Thread.sleep(1);
      }
      assertThat(thread.isAlive()).isTrue();
    }

    @Override
    public void close() {
      ended = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Test
  void group_whileAllVolumesAreWritten_isOneMoment() throws Exception {
    assertAdvertised();
    List<String> volumes = new ArrayList<>();
    for (int n = 0; n < 3; n++) {
      volumes.add(volume(volumeRequest("pvc-" + n)));
    }
    VolumeGroupSnapshot group;
    try (var writer = new Writer(volumes)) {
      writer.awaitRounds(50);
      group = create("group-1", volumes);
      writer.awaitRounds(50);
    }

    assertThat(group.getReadyToUse()).isTrue();
    assertThat(create("group-1", volumes)).isEqualTo(group);
    assertThat(get(group).getSnapshotsList())
        .containsExactlyInAnyOrderElementsOf(group.getSnapshotsList());
    List<String> restored = new ArrayList<>();
    for (Snapshot member : group.getSnapshotsList()) {
      var source = SnapshotSource.newBuilder().setSnapshotId(member.getSnapshotId());
      restored.add(
          volume(
              volumeRequest("restored-" + restored.size())
                  .setVolumeContentSource(VolumeContentSource.newBuilder().setSnapshot(source))));
    }
    assertOneMoment(restored);
    assertThat(number(restored.getFirst(), 0)).isLessThan(number(volumes.getFirst(), 0));
    assertCode(Status.Code.ALREADY_EXISTS, volumes.subList(0, 2));
    assertCode(Status.Code.NOT_FOUND, List.of(volumes.getFirst(), "nonsense"));

    delete(group);
    delete(group);
    assertOneMoment(restored); // its images are in the trash, and still its parents
    restored.forEach(this::deleteVolume);
    volumes.forEach(this::deleteVolume);
    try (var remains = new Remains(ceph, folder)) {
      assertThat(remains.awaitNothing(Duration.ofSeconds(60))).isEmpty();
    }
  }

  /**
   * The first volume is written first: at one moment it is in the same round as the others, or one
   * ahead; and each has the earlier rounds whole.
   */
  private void assertOneMoment(List<String> volumes) {
    List<Long> rounds = volumes.stream().map(id -> number(id, 0)).toList();
    for (int n = 1; n < rounds.size(); n++) {
      assertThat(rounds.get(n - 1) - rounds.get(n)).as("rounds %s", rounds).isBetween(0L, 1L);
    }
    assertThat(rounds.getFirst() - rounds.getLast()).as("rounds %s", rounds).isBetween(0L, 1L);
    for (String id : volumes) {
      long last = number(id, 0);
      for (long round = last - 14; round < last; round++) {
        assertThat(number(id, (round % 15 + 1) << 22))
            .as("round %d of %d", round, last)
            .isEqualTo(round);
      }
      assertThat(number(id, (last % 15 + 1) << 22)).isIn(last, last - 15);
    }
  }

  private long number(String volume, long offset) {
    byte[] data = new byte[Long.BYTES];
    try (Image image = pool.openImageReadOnly("csi-vol-" + uuid(volume))) {
      image.read(offset, data);
    }
    return ByteBuffer.wrap(data).getLong();
  }

  @Tag("kill")
  @Test
  void group_driverKilledAmidIt_isMadeByTheRepeatedCall() throws Exception {
    List<String> volumes = new ArrayList<>();
    for (int n = 0; n < 3; n++) {
      volumes.add(volume(volumeRequest("pvc-" + n)));
    }
    for (int millis = 200; millis <= 2600; millis += 600) {
      VolumeGroupSnapshot group = killAndRepeat("group-" + millis, volumes, millis);
      assertThat(pool.groups()).isEmpty();
      delete(group);
    }
    volumes.forEach(this::deleteVolume);
    try (var remains = new Remains(ceph, folder)) {
      assertThat(remains.awaitNothing(PURGES)).isEmpty();
    }
  }

  private VolumeGroupSnapshot killAndRepeat(String name, List<String> volumes, int millis)
      throws Exception {
    Thread call = Thread.ofPlatform().start(() -> createOrLose(name, volumes));
    Thread.sleep(millis);
    driver.kill();
    call.join();
    driver.restart();
    client = driver.client();
    // ABORTED for as long as the killed one's client watches what it has half made.
    return Orchestrator.call("CreateVolumeGroupSnapshot", () -> create(name, volumes));
  }

  private void createOrLose(String name, List<String> volumes) {
    try {
      var _ = create(name, volumes);
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isIn(Status.Code.UNAVAILABLE, Status.Code.CANCELLED);
    }
  }

  private void assertAdvertised() {
    assertThat(
            client
                .identity()
                .getPluginCapabilities(GetPluginCapabilitiesRequest.getDefaultInstance())
                .getCapabilitiesList())
        .anyMatch(c -> c.getService().getType() == Service.Type.GROUP_CONTROLLER_SERVICE);
    assertThat(
            client
                .groupController()
                .groupControllerGetCapabilities(
                    GroupControllerGetCapabilitiesRequest.getDefaultInstance())
                .getCapabilitiesCount())
        .isEqualTo(1);
  }

  private VolumeGroupSnapshot create(String name, List<String> volumes) {
    return client
        .groupController()
        .createVolumeGroupSnapshot(
            CreateVolumeGroupSnapshotRequest.newBuilder()
                .setName(name)
                .addAllSourceVolumeIds(volumes)
                .putParameters("clusterID", DriverProcess.CLUSTER_ID)
                .putParameters("pool", ceph.pool())
                .putAllSecrets(secrets)
                .build())
        .getGroupSnapshot();
  }

  private void assertCode(Status.Code code, List<String> volumes) {
    assertThatThrownBy(() -> create("group-1", volumes))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }

  private VolumeGroupSnapshot get(VolumeGroupSnapshot group) {
    return client
        .groupController()
        .getVolumeGroupSnapshot(
            GetVolumeGroupSnapshotRequest.newBuilder()
                .setGroupSnapshotId(group.getGroupSnapshotId())
                .putAllSecrets(secrets)
                .build())
        .getGroupSnapshot();
  }

  private void delete(VolumeGroupSnapshot group) {
    var _ =
        client
            .groupController()
            .deleteVolumeGroupSnapshot(
                DeleteVolumeGroupSnapshotRequest.newBuilder()
                    .setGroupSnapshotId(group.getGroupSnapshotId())
                    .addAllSnapshotIds(
                        group.getSnapshotsList().stream().map(Snapshot::getSnapshotId).toList())
                    .putAllSecrets(secrets)
                    .build());
  }

  private String volume(CreateVolumeRequest.Builder request) {
    return client.controller().createVolume(request.build()).getVolume().getVolumeId();
  }

  private CreateVolumeRequest.Builder volumeRequest(String name) {
    return CreateVolumeRequest.newBuilder()
        .setName(name)
        .addVolumeCapabilities(
            VolumeCapability.newBuilder()
                .setBlock(BlockVolume.getDefaultInstance())
                .setAccessMode(AccessMode.newBuilder().setMode(AccessMode.Mode.SINGLE_NODE_WRITER)))
        .putParameters("clusterID", DriverProcess.CLUSTER_ID)
        .putParameters("pool", ceph.pool())
        .putParameters("imageFeatures", "layering,exclusive-lock")
        .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(SIZE).setLimitBytes(SIZE))
        .putAllSecrets(secrets);
  }

  private void deleteVolume(String id) {
    var _ =
        client
            .controller()
            .deleteVolume(
                DeleteVolumeRequest.newBuilder().setVolumeId(id).putAllSecrets(secrets).build());
  }

  private static String uuid(String id) {
    return id.substring(id.length() - 36);
  }
}
