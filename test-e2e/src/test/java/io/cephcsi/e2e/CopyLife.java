package io.cephcsi.e2e;

import csi.v1.CapacityRange;
import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.DeleteVolumeGroupSnapshotRequest;
import csi.v1.DeleteVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.BlockVolume;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import csi.v1.VolumeContentSource.VolumeSource;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Pool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A volume, its snapshots, and the volumes that are made of both, step by step. Every step can be
 * repeated, and then has the same outcome.
 */
final class CopyLife {
  private static final long SIZE = 64L << 20;
  private static final int UUID_LENGTH = 36;

  private final String name;
  private final Pool pool;
  private final Map<String, String> secrets;
  private final byte[] data;
  private final Map<String, String> ids = new TreeMap<>();

  /**
   * @param name begins the names of all that is made
   * @param pool where all of it is, to write and read by Ceph's library
   */
  CopyLife(String name, Pool pool, Map<String, String> secrets) {
    this.name = name;
    this.pool = pool;
    this.secrets = Map.copyOf(secrets);
    this.data = ("data of " + name).getBytes(StandardCharsets.UTF_8);
  }

  List<VolumeLife.Step> steps() {
    return List.of(
        step("CreateVolume", client -> volume(client, "source", VolumeContentSource.newBuilder())),
        step("write", _ -> write()),
        step("CreateSnapshot", this::snapshot),
        step("CreateVolume from the snapshot", this::restore),
        step("CreateVolume from the volume", this::copy),
        step("DeleteSnapshot with a volume of it", this::deleteSnapshot),
        step("read the copies", _ -> read()),
        step("CreateVolumeGroupSnapshot", this::group),
        step("DeleteVolumeGroupSnapshot", this::deleteGroup),
        step("DeleteVolume of the source", client -> delete(client, "source")),
        step("read the copies again", _ -> read()),
        step("DeleteVolume of the copy", client -> delete(client, "copy")),
        step("DeleteVolume of the restored", client -> delete(client, "restored")));
  }

  private static VolumeLife.Step step(String what, VolumeLife.Action action) {
    return new VolumeLife.Step(what, action);
  }

  private String volume(CsiClient client, String which, VolumeContentSource.Builder source)
      throws IOException {
    var request =
        CreateVolumeRequest.newBuilder()
            .setName(name + "-" + which)
            .addVolumeCapabilities(
                VolumeCapability.newBuilder()
                    .setBlock(BlockVolume.getDefaultInstance())
                    .setAccessMode(
                        AccessMode.newBuilder().setMode(AccessMode.Mode.SINGLE_NODE_WRITER)))
            .putParameters("clusterID", DriverProcess.CLUSTER_ID)
            .putParameters("pool", pool.name())
            .putParameters("imageFeatures", "layering")
            .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(SIZE))
            .putAllSecrets(secrets);
    if (source.getTypeCase() != VolumeContentSource.TypeCase.TYPE_NOT_SET) {
      request.setVolumeContentSource(source);
    }
    return same(which, client.controller().createVolume(request.build()).getVolume().getVolumeId());
  }

  /** What was answered once is answered for ever. */
  private String same(String which, String id) throws IOException {
    String before = ids.putIfAbsent(which, id);
    if (before != null && !before.equals(id)) {
      throw new IOException("%s was %s and is now %s".formatted(which, before, id));
    }
    return id;
  }

  private String id(String which) {
    return ids.getOrDefault(which, "");
  }

  private String write() {
    try (Image image = pool.openImage(image("source"))) {
      image.write(0, data);
    }
    return "";
  }

  private String image(String which) {
    String id = id(which);
    return "csi-vol-" + id.substring(id.length() - UUID_LENGTH);
  }

  private String snapshot(CsiClient client) throws IOException {
    var request =
        CreateSnapshotRequest.newBuilder()
            .setName(name + "-snapshot")
            .setSourceVolumeId(id("source"))
            .putParameters("clusterID", DriverProcess.CLUSTER_ID)
            .putAllSecrets(secrets);
    return same(
        "snapshot",
        client.controller().createSnapshot(request.build()).getSnapshot().getSnapshotId());
  }

  private String restore(CsiClient client) throws IOException {
    var snapshot = SnapshotSource.newBuilder().setSnapshotId(id("snapshot"));
    return volume(client, "restored", VolumeContentSource.newBuilder().setSnapshot(snapshot));
  }

  private String copy(CsiClient client) throws IOException {
    var source = VolumeSource.newBuilder().setVolumeId(id("source"));
    return volume(client, "copy", VolumeContentSource.newBuilder().setVolume(source));
  }

  private String deleteSnapshot(CsiClient client) {
    var _ =
        client
            .controller()
            .deleteSnapshot(
                DeleteSnapshotRequest.newBuilder()
                    .setSnapshotId(id("snapshot"))
                    .putAllSecrets(secrets)
                    .build());
    return "";
  }

  private String read() throws IOException {
    for (String which : List.of("restored", "copy")) {
      byte[] there = new byte[data.length];
      try (Image image = pool.openImageReadOnly(image(which))) {
        image.read(0, there);
      }
      if (!Arrays.equals(there, data)) {
        throw new IOException(which + " has not the source's data");
      }
    }
    return "the same";
  }

  private String group(CsiClient client) throws IOException {
    var request =
        CreateVolumeGroupSnapshotRequest.newBuilder()
            .setName(name + "-group")
            .addAllSourceVolumeIds(List.of(id("source"), id("copy")))
            .putParameters("clusterID", DriverProcess.CLUSTER_ID)
            .putParameters("pool", pool.name())
            .putAllSecrets(secrets);
    return same(
        "group",
        client
            .groupController()
            .createVolumeGroupSnapshot(request.build())
            .getGroupSnapshot()
            .getGroupSnapshotId());
  }

  private String deleteGroup(CsiClient client) {
    var _ =
        client
            .groupController()
            .deleteVolumeGroupSnapshot(
                DeleteVolumeGroupSnapshotRequest.newBuilder()
                    .setGroupSnapshotId(id("group"))
                    .putAllSecrets(secrets)
                    .build());
    return "";
  }

  private String delete(CsiClient client, String which) {
    var _ =
        client
            .controller()
            .deleteVolume(
                DeleteVolumeRequest.newBuilder()
                    .setVolumeId(id(which))
                    .putAllSecrets(secrets)
                    .build());
    return "";
  }
}
