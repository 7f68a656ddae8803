package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.BlockMetadata;
import csi.v1.BlockMetadataType;
import csi.v1.CapacityRange;
import csi.v1.ControllerExpandVolumeRequest;
import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.DeleteVolumeRequest;
import csi.v1.GetMetadataAllocatedRequest;
import csi.v1.GetMetadataDeltaRequest;
import csi.v1.GetMetadataDeltaResponse;
import csi.v1.GetPluginCapabilitiesRequest;
import csi.v1.PluginCapability.Service;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.BlockVolume;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Clusters;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Pool;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What differs between snapshots, applied to the one, gives the other: on a real Ceph. */
final class SnapshotMetadataIT {
  private static final int MIB = 1 << 20;
  private static final int SIZE = 96 * MIB;
  private static final int GROWN = 128 * MIB;

  @TempDir Path folder;
  private final Random random = new Random(11);
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

  @Test
  void delta_appliedToTheBase_isTheTargetByteForByte() throws Exception {
    assertThat(
            client
                .identity()
                .getPluginCapabilities(GetPluginCapabilitiesRequest.getDefaultInstance())
                .getCapabilitiesList())
        .anyMatch(c -> c.getService().getType() == Service.Type.SNAPSHOT_METADATA_SERVICE);
    String plain = volume("plain");
    List<String> made = new ArrayList<>(compare(plain));
    // A clone has data of its parent, which it overwrites and discards.
    String restored = restored("restored", made.get(1));
    List<String> ofClone = compare(restored);

    flatten(ofClone.getFirst());
    assertDelta(ofClone.get(0), ofClone.get(1));
    assertAllocated(ofClone.getFirst());
    flatten(ofClone.get(1));
    assertDelta(ofClone.get(0), ofClone.get(1));

    assertCode(Status.Code.INVALID_ARGUMENT, made.getFirst(), ofClone.getFirst(), 0);
    assertCode(Status.Code.NOT_FOUND, made.getFirst(), "nonsense", 0);
    assertCode(Status.Code.OUT_OF_RANGE, made.get(0), made.get(1), GROWN + 1);

    made.addAll(ofClone);
    made.forEach(this::deleteSnapshot);
    deleteVolume(restored);
    deleteVolume(plain);
    try (var remains = new Remains(ceph, folder)) {
      assertThat(remains.awaitNothing(Duration.ofSeconds(60))).isEmpty();
    }
  }

  /** Two snapshots of the volume, and a third of it after growth. */
  private List<String> compare(String volume) {
    scribble(volume, SIZE);
    String base = snapshot(volume, "1");
    scribble(volume, SIZE);
    String target = snapshot(volume, "2");
    expand(volume);
    scribble(volume, GROWN);
    String grown = snapshot(volume, "3");

    assertAllocated(base);
    assertAllocated(grown);
    assertDelta(base, target);
    assertDelta(target, grown);
    assertDelta(base, grown);
    assertThat(tuples(base, base, 0, 0)).isEmpty();
    return List.of(base, target, grown);
  }

  private void scribble(String volume, int size) {
    try (Image image = pool.openImage("csi-vol-" + uuid(volume))) {
      for (int n = 0; n < 12; n++) {
        byte[] data = new byte[1 + random.nextInt(300_000)];
        random.nextBytes(data);
        image.write(random.nextInt(size - data.length), data);
        image.discard(64L * 1024 * random.nextInt(size / 65536 - 80), 64L * 1024 * 80);
      }
      // What is written and is the same as before is no difference.
      byte[] same = new byte[MIB];
      image.read(5 * MIB, same);
      image.write(5 * MIB, same);
    }
  }

  private void assertAllocated(String snapshot) {
    byte[] rebuilt = new byte[content(snapshot).length];
    var request =
        GetMetadataAllocatedRequest.newBuilder()
            .setSnapshotId(snapshot)
            .setMaxResults(3)
            .putAllSecrets(secrets)
            .build();
    client
        .snapshotMetadata()
        .getMetadataAllocated(request)
        .forEachRemaining(answer -> {
          assertThat(answer.getBlockMetadataType()).isEqualTo(BlockMetadataType.VARIABLE_LENGTH);
          assertThat(answer.getVolumeCapacityBytes()).isEqualTo(rebuilt.length);
          assertThat(answer.getBlockMetadataCount()).isLessThanOrEqualTo(3);
          apply(content(snapshot), rebuilt, answer.getBlockMetadataList());
        });
    assertThat(Arrays.equals(rebuilt, content(snapshot))).isTrue();
  }

  private void assertDelta(String base, String target) {
    byte[] before = content(base);
    byte[] after = content(target);
    List<BlockMetadata> all = tuples(base, target, 0, 0);
    assertThat(all).isNotEmpty();
    assertSorted(all);
    byte[] rebuilt = Arrays.copyOf(before, after.length);
    apply(after, rebuilt, all);
    assertThat(Arrays.equals(rebuilt, after)).isTrue();

    // In three calls, each from the byte behind what the one before gave.
    rebuilt = Arrays.copyOf(before, after.length);
    long from = 0;
    for (int part = 1; part <= 3; part++) {
      List<BlockMetadata> rest = tuples(base, target, from, 2);
      List<BlockMetadata> some = part < 3 ? rest.subList(0, rest.size() / 2) : rest;
      apply(after, rebuilt, some);
      from = some.isEmpty() ? from : end(some.getLast());
    }
    assertThat(Arrays.equals(rebuilt, after)).isTrue();
    assertThat(tuples(base, target, after.length, 0)).isEmpty();
  }

  private static void assertSorted(List<BlockMetadata> tuples) {
    long end = 0;
    for (BlockMetadata tuple : tuples) {
      assertThat(tuple.getByteOffset()).isGreaterThanOrEqualTo(end);
      assertThat(tuple.getSizeBytes()).isPositive();
      end = end(tuple);
    }
  }

  private static long end(BlockMetadata tuple) {
    return tuple.getByteOffset() + tuple.getSizeBytes();
  }

  private static void apply(byte[] from, byte[] to, List<BlockMetadata> tuples) {
    for (BlockMetadata tuple : tuples) {
      int offset = Math.toIntExact(tuple.getByteOffset());
      System.arraycopy(from, offset, to, offset, Math.toIntExact(tuple.getSizeBytes()));
    }
  }

  private List<BlockMetadata> tuples(String base, String target, long from, int most) {
    List<BlockMetadata> all = new ArrayList<>();
    var request = deltaRequest(base, target).setStartingOffset(from).setMaxResults(most).build();
    client
        .snapshotMetadata()
        .getMetadataDelta(request)
        .forEachRemaining(answer -> add(all, answer, most));
    return all;
  }

  private static void add(List<BlockMetadata> all, GetMetadataDeltaResponse answer, int most) {
    assertThat(most == 0 || answer.getBlockMetadataCount() <= most).isTrue();
    assertThat(answer.getVolumeCapacityBytes()).isIn((long) SIZE, (long) GROWN);
    all.addAll(answer.getBlockMetadataList());
  }

  private GetMetadataDeltaRequest.Builder deltaRequest(String base, String target) {
    return GetMetadataDeltaRequest.newBuilder()
        .setBaseSnapshotId(base)
        .setTargetSnapshotId(target)
        .putAllSecrets(secrets);
  }

  private void assertCode(Status.Code code, String base, String target, long from) {
    var request = deltaRequest(base, target).setStartingOffset(from).build();
    assertThatThrownBy(() -> client.snapshotMetadata().getMetadataDelta(request).hasNext())
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }

  private byte[] content(String snapshot) {
    try (Image image = pool.openImageReadOnly("csi-snap-" + uuid(snapshot))) {
      byte[] content = new byte[(int) image.sizeBytes()];
      image.read(0, content);
      return content;
    }
  }

  private void flatten(String snapshot) {
    try (Image image = pool.openImage("csi-snap-" + uuid(snapshot))) {
      image.flatten();
    }
  }

  private String volume(String name) {
    return volume(volumeRequest(name));
  }

  private String restored(String name, String snapshot) {
    var source = SnapshotSource.newBuilder().setSnapshotId(snapshot);
    return volume(
        volumeRequest(name)
            .setVolumeContentSource(VolumeContentSource.newBuilder().setSnapshot(source)));
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
        .putParameters("imageFeatures", "layering")
        .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(SIZE).setLimitBytes(GROWN))
        .putAllSecrets(secrets);
  }

  private void expand(String volume) {
    var _ =
        client
            .controller()
            .controllerExpandVolume(
                ControllerExpandVolumeRequest.newBuilder()
                    .setVolumeId(volume)
                    .setCapacityRange(
                        CapacityRange.newBuilder().setRequiredBytes(GROWN).setLimitBytes(GROWN))
                    .putAllSecrets(secrets)
                    .build());
  }

  private String snapshot(String volume, String name) {
    return client
        .controller()
        .createSnapshot(
            CreateSnapshotRequest.newBuilder()
                .setName(name + " of " + uuid(volume))
                .setSourceVolumeId(volume)
                .putParameters("clusterID", DriverProcess.CLUSTER_ID)
                .putAllSecrets(secrets)
                .build())
        .getSnapshot()
        .getSnapshotId();
  }

  private void deleteSnapshot(String id) {
    var _ =
        client
            .controller()
            .deleteSnapshot(
                DeleteSnapshotRequest.newBuilder()
                    .setSnapshotId(id)
                    .putAllSecrets(secrets)
                    .build());
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
