package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.MustBeClosed;
import csi.v1.CapacityRange;
import csi.v1.ControllerExpandVolumeRequest;
import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.DeleteVolumeGroupSnapshotRequest;
import csi.v1.DeleteVolumeRequest;
import csi.v1.GetSnapshotRequest;
import csi.v1.GetVolumeGroupSnapshotRequest;
import csi.v1.Snapshot;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.BlockVolume;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import csi.v1.VolumeContentSource.VolumeSource;
import csi.v1.VolumeGroupSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A driver on a cluster of its own; Ceph's commands lay down there what ceph-csi would have stored,
 * and show what the driver stores.
 */
final class LaidDown implements AutoCloseable {
  static final long GIB = 1L << 30;
  private static final int UUID_LENGTH = 36;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final ThrowawayCeph ceph;
  private final DriverProcess driver;
  private final CephShell shell;
  private final Map<String, String> secrets;

  private LaidDown(ThrowawayCeph ceph, DriverProcess driver, Map<String, String> secrets) {
    this.ceph = ceph;
    this.driver = driver;
    this.shell = new CephShell(ceph);
    this.secrets = Map.copyOf(secrets);
  }

  /**
   * Starts both.
   *
   * @param flags of the driver, besides those of any controller
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what is opened here is owned by the answer
  static LaidDown start(String... flags) throws IOException, InterruptedException {
    ThrowawayCeph ceph = ThrowawayCeph.start("--no-cephfs");
    List<String> all = new ArrayList<>(List.of(flags));
    all.add("--controllerserver");
    all.add("--keyring=" + ceph.entry("keyring"));
    DriverProcess driver = DriverProcess.start(ceph, all.toArray(new String[0]));
    return new LaidDown(
        ceph,
        driver,
        Map.of("userID", ceph.credentials().user(), "userKey", ceph.credentials().key()));
  }

  CephShell shell() {
    return shell;
  }

  String pool() {
    return ceph.pool();
  }

  /** Says more of the cluster in config.json. */
  void configure(Map<String, ?> more) throws IOException {
    driver.configure(ceph, more);
  }

  /** Writes cluster-mapping.json. */
  void map(String json) throws IOException {
    Files.writeString(driver.socket().resolveSibling("cluster-mapping.json"), json);
  }

  Path mapping() {
    return driver.socket().resolveSibling("cluster-mapping.json");
  }

  long poolId(String pool) throws IOException, InterruptedException {
    return Long.parseLong(
        shell.run(
            "ceph osd pool stats %s | head -1 | sed 's/.* id \\([0-9]*\\).*/\\1/'"
                .formatted(pool)));
  }

  /** The id of what has that UUID, in the pool that is there for images. */
  String id(String uuid) throws IOException, InterruptedException {
    return id(DriverProcess.CLUSTER_ID, poolId(pool()), uuid);
  }

  static String id(String clusterId, long poolId, String uuid) {
    return "0001-%04x-%s-%016x-%s".formatted(clusterId.length(), clusterId, poolId, uuid);
  }

  static String uuid(String id) {
    return id.substring(id.length() - UUID_LENGTH);
  }

  CreateVolumeRequest.Builder request(String name) {
    return CreateVolumeRequest.newBuilder()
        .setName(name)
        .addVolumeCapabilities(
            VolumeCapability.newBuilder()
                .setBlock(BlockVolume.getDefaultInstance())
                .setAccessMode(AccessMode.newBuilder().setMode(AccessMode.Mode.SINGLE_NODE_WRITER)))
        .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(GIB))
        .putParameters("clusterID", DriverProcess.CLUSTER_ID)
        .putParameters("pool", pool())
        .putParameters("imageFeatures", "layering")
        .putAllSecrets(secrets);
  }

  CreateVolumeRequest.Builder restoring(String name, String snapshotId) {
    return request(name)
        .setVolumeContentSource(
            VolumeContentSource.newBuilder()
                .setSnapshot(SnapshotSource.newBuilder().setSnapshotId(snapshotId)));
  }

  CreateVolumeRequest.Builder copying(String name, String volumeId) {
    return request(name)
        .setVolumeContentSource(
            VolumeContentSource.newBuilder()
                .setVolume(VolumeSource.newBuilder().setVolumeId(volumeId)));
  }

  String create(CreateVolumeRequest.Builder request) {
    return driver.client().controller().createVolume(request.build()).getVolume().getVolumeId();
  }

  long expand(String id, long bytes) {
    return driver
        .client()
        .controller()
        .controllerExpandVolume(
            ControllerExpandVolumeRequest.newBuilder()
                .setVolumeId(id)
                .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(bytes))
                .putAllSecrets(secrets)
                .build())
        .getCapacityBytes();
  }

  void delete(String id) {
    var _ =
        driver
            .client()
            .controller()
            .deleteVolume(
                DeleteVolumeRequest.newBuilder().setVolumeId(id).putAllSecrets(secrets).build());
  }

  CreateSnapshotRequest.Builder snapshotOf(String name, String source) {
    return CreateSnapshotRequest.newBuilder()
        .setName(name)
        .setSourceVolumeId(source)
        .putParameters("clusterID", DriverProcess.CLUSTER_ID)
        .putAllSecrets(secrets);
  }

  Snapshot snapshot(CreateSnapshotRequest.Builder request) {
    return driver.client().controller().createSnapshot(request.build()).getSnapshot();
  }

  Snapshot getSnapshot(String id) {
    return driver
        .client()
        .controller()
        .getSnapshot(
            GetSnapshotRequest.newBuilder().setSnapshotId(id).putAllSecrets(secrets).build())
        .getSnapshot();
  }

  void deleteSnapshot(String id) {
    var _ =
        driver
            .client()
            .controller()
            .deleteSnapshot(
                DeleteSnapshotRequest.newBuilder()
                    .setSnapshotId(id)
                    .putAllSecrets(secrets)
                    .build());
  }

  VolumeGroupSnapshot group(String name, List<String> volumes) {
    return driver
        .client()
        .groupController()
        .createVolumeGroupSnapshot(
            CreateVolumeGroupSnapshotRequest.newBuilder()
                .setName(name)
                .addAllSourceVolumeIds(volumes)
                .putParameters("clusterID", DriverProcess.CLUSTER_ID)
                .putParameters("pool", pool())
                .putAllSecrets(secrets)
                .build())
        .getGroupSnapshot();
  }

  VolumeGroupSnapshot getGroup(String id) {
    return driver
        .client()
        .groupController()
        .getVolumeGroupSnapshot(
            GetVolumeGroupSnapshotRequest.newBuilder()
                .setGroupSnapshotId(id)
                .putAllSecrets(secrets)
                .build())
        .getGroupSnapshot();
  }

  void deleteGroup(String id) {
    var _ =
        driver
            .client()
            .groupController()
            .deleteVolumeGroupSnapshot(
                DeleteVolumeGroupSnapshotRequest.newBuilder()
                    .setGroupSnapshotId(id)
                    .putAllSecrets(secrets)
                    .build());
  }

  /** An object's omap, a key and its value in a line. */
  List<String> keys(String pool, String namespace, String object)
      throws IOException, InterruptedException {
    return shell.lines(
        """
        value=$(mktemp)
        for k in $(rados -p %1$s -N "%2$s" listomapkeys %3$s); do
          rados -p %1$s -N "%2$s" getomapval %3$s $k $value > /dev/null 2>&1
          echo "$k=$(cat $value)"
        done
        rm -f $value
        """
            .formatted(pool, namespace, object));
  }

  /** Images, trash, groups, journal objects and names in a pool and namespace. */
  List<String> everything(String pool, String namespace) throws IOException, InterruptedException {
    String place = namespace.isEmpty() ? pool : pool + "/" + namespace;
    return shell.lines(
        """
        rbd ls %1$s
        rbd trash ls --all %1$s
        rbd group ls %1$s
        rados -p %2$s -N "%3$s" ls | grep -E '^csi[.](volume|snap)[.]' || true
        for d in csi.volumes.default csi.snaps.default csi.groups.default; do
          rados -p %2$s -N "%3$s" listomapkeys $d 2> /dev/null || true
        done
        """
            .formatted(place, pool, namespace));
  }

  /** Waits until nothing is there, since purges go on by themselves. */
  void awaitNothing(String pool, String namespace) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    List<String> left = everything(pool, namespace);
    while (!left.isEmpty() && System.nanoTime() < end) {
      Thread.sleep(200);
      left = everything(pool, namespace);
    }
    assertThat(left).isEmpty();
  }

  /** Takes away what a failed test left, so that the next one fails only by its own faults. */
  void clear() throws IOException, InterruptedException {
    if (!everything(pool(), "").isEmpty()) {
      shell.run(
          """
          ceph osd pool rm $P $P --yes-i-really-really-mean-it
          ceph osd pool create $P 8 8
          rbd pool init $P
          """);
      driver.restart();
    }
  }

  @Override
  public void close() {
    driver.close();
    ceph.close();
  }
}
