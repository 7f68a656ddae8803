package io.cephcsi.e2e;

import csi.v1.CapacityRange;
import csi.v1.ControllerExpandVolumeRequest;
import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.DeleteVolumeRequest;
import csi.v1.ListVolumesRequest;
import csi.v1.Volume;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.MountVolume;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import csi.v1.VolumeContentSource.VolumeSource;
import io.cephcsi.ceph.Credentials;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The calls through the driver. Volumes have names; their ids are remembered here. */
final class BenchDriver {
  static final long GIB = 1L << 30;

  private final Map<String, String> ids = new ConcurrentHashMap<>();
  private final CsiClient client;
  private final Map<String, String> parameters;
  private final Map<String, String> secrets;

  private BenchDriver(
      CsiClient client, Map<String, String> parameters, Map<String, String> secrets) {
    this.client = client;
    this.parameters = parameters;
    this.secrets = secrets;
  }

  BenchDriver(CsiClient client, String pool, Credentials credentials) {
    this(
        client,
        Map.of("clusterID", DriverProcess.CLUSTER_ID, "pool", pool, "imageFeatures", "layering"),
        Map.of("userID", credentials.user(), "userKey", credentials.key()));
  }

  /** The driver for CephFS. */
  static BenchDriver cephFs(CsiClient client, Credentials credentials) {
    return new BenchDriver(
        client,
        Map.of("clusterID", DriverProcess.CLUSTER_ID, "fsName", CephFsBench.FILE_SYSTEM),
        Map.of("adminID", credentials.user(), "adminKey", credentials.key()));
  }

  void create(String name) {
    create(request(name));
  }

  void restore(String name, String snapshot) {
    create(
        request(name)
            .setVolumeContentSource(
                VolumeContentSource.newBuilder()
                    .setSnapshot(SnapshotSource.newBuilder().setSnapshotId(id(snapshot)))));
  }

  void copy(String name, String volume) {
    create(
        request(name)
            .setVolumeContentSource(
                VolumeContentSource.newBuilder()
                    .setVolume(VolumeSource.newBuilder().setVolumeId(id(volume)))));
  }

  void snapshot(String name, String volume) {
    var request =
        CreateSnapshotRequest.newBuilder()
            .setName(name)
            .setSourceVolumeId(id(volume))
            .putParameters("clusterID", DriverProcess.CLUSTER_ID)
            .putAllSecrets(secrets)
            .build();
    ids.put(name, client.controller().createSnapshot(request).getSnapshot().getSnapshotId());
  }

  void deleteSnapshot(String name) {
    var request =
        DeleteSnapshotRequest.newBuilder().setSnapshotId(id(name)).putAllSecrets(secrets).build();
    var _ = client.controller().deleteSnapshot(request);
    ids.remove(name);
  }

  private void create(CreateVolumeRequest.Builder request) {
    Volume volume = client.controller().createVolume(request.build()).getVolume();
    ids.put(request.getName(), volume.getVolumeId());
  }

  private CreateVolumeRequest.Builder request(String name) {
    return CreateVolumeRequest.newBuilder()
        .setName(name)
        .setCapacityRange(bytes(GIB))
        .addVolumeCapabilities(
            VolumeCapability.newBuilder()
                .setMount(MountVolume.newBuilder().setFsType("ext4"))
                .setAccessMode(AccessMode.newBuilder().setMode(AccessMode.Mode.SINGLE_NODE_WRITER)))
        .putAllParameters(parameters)
        .putAllSecrets(secrets);
  }

  void expand(String name, long bytes) {
    var request =
        ControllerExpandVolumeRequest.newBuilder()
            .setVolumeId(id(name))
            .setCapacityRange(bytes(bytes))
            .putAllSecrets(secrets)
            .build();
    var _ = client.controller().controllerExpandVolume(request);
  }

  void delete(String name) {
    var request =
        DeleteVolumeRequest.newBuilder().setVolumeId(id(name)).putAllSecrets(secrets).build();
    var _ = client.controller().deleteVolume(request);
    ids.remove(name);
  }

  /** Lists all volumes in one page; gives back how many there are. */
  int list() {
    return client
        .controller()
        .listVolumes(ListVolumesRequest.getDefaultInstance())
        .getEntriesCount();
  }

  /** The volumes that were made and not deleted. */
  List<String> names() {
    return List.copyOf(ids.keySet());
  }

  private String id(String name) {
    String id = ids.get(name);
    if (id == null) {
      throw new IllegalStateException("no volume " + name);
    }
    return id;
  }

  private static CapacityRange bytes(long bytes) {
    return CapacityRange.newBuilder().setRequiredBytes(bytes).build();
  }
}
