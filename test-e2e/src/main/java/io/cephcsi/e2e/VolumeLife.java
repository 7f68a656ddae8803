package io.cephcsi.e2e;

import csi.v1.CapacityRange;
import csi.v1.ControllerExpandVolumeRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteVolumeRequest;
import csi.v1.NodeExpandVolumeRequest;
import csi.v1.NodeGetVolumeHealthRequest;
import csi.v1.NodeGetVolumeStatsRequest;
import csi.v1.NodePublishVolumeRequest;
import csi.v1.NodeStageVolumeRequest;
import csi.v1.NodeUnpublishVolumeRequest;
import csi.v1.NodeUnstageVolumeRequest;
import csi.v1.Volume;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.BlockVolume;
import csi.v1.VolumeCapability.MountVolume;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeHealth.VolumeHealthEntry;
import csi.v1.VolumeUsage;
import io.cephcsi.ceph.Credentials;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * One volume from create to delete, step by step, as the provisioner and kubelet drive a driver.
 * Every step can be repeated.
 */
final class VolumeLife {
  private static final long GIB = 1L << 30;
  private static final int DATA_BYTES = 32 << 20;

  /** Far less than librados waits for an OSD, which is a minute. */
  private static final long HEALTH_SECONDS = 15;

  private static final String CEPHFS = "cephfs";
  private static final Duration COUNTED = Duration.ofSeconds(60);

  /** One step: an RPC, or what a pod does. */
  record Step(String name, Action action) {}

  /** What a step does; gives back a few words on its outcome. */
  interface Action {
    String run(CsiClient client) throws IOException;
  }

  private final String name;
  private final Credentials credentials;
  private final Map<String, String> parameters;
  private final String filesystem;
  private final Path folder;
  private final Path staging;
  private final Path target;
  private final byte[] data;

  /** As the claim asks for it. */
  private final VolumeCapability capability;

  /** What it begins as a copy of; nothing for a new empty volume. */
  private final Supplier<VolumeContentSource> source;

  private Volume volume = Volume.getDefaultInstance();

  /**
   * @param pool where the image is made
   * @param folder an existing one, below which the volume is staged and published
   */
  VolumeLife(String name, String pool, Credentials credentials, Path folder) throws IOException {
    this(name, pool, credentials, folder, Map.of("tryOtherMounters", "true"));
  }

  /** As the other one, of a class with these parameters besides. */
  VolumeLife(
      String name, String pool, Credentials credentials, Path folder, Map<String, String> more)
      throws IOException {
    this(
        name,
        credentials,
        folder,
        Capability.canGrowExt4() ? "ext4" : "xfs",
        parametersOfImage(pool, more));
  }

  private static Map<String, String> parametersOfImage(String pool, Map<String, String> more) {
    Map<String, String> parameters = new TreeMap<>(more);
    parameters.put("clusterID", DriverProcess.CLUSTER_ID);
    parameters.put("pool", pool);
    parameters.putIfAbsent("imageFeatures", "layering");
    return parameters;
  }

  private VolumeLife(
      String name,
      Credentials credentials,
      Path folder,
      String filesystem,
      Map<String, String> parameters)
      throws IOException {
    this.name = name;
    this.credentials = credentials;
    this.filesystem = filesystem;
    this.parameters = Map.copyOf(parameters);
    this.folder = folder.resolve(name);
    this.staging = Files.createDirectories(this.folder.resolve("staging"));
    this.target = this.folder.resolve("pod").resolve("mount");
    this.data = new byte[DATA_BYTES];
    new Random(name.hashCode()).nextBytes(data);
    this.capability = mounted(written());
    this.source = VolumeContentSource::getDefaultInstance;
  }

  private VolumeLife(
      VolumeLife of, String name, VolumeCapability capability, Supplier<VolumeContentSource> source)
      throws IOException {
    this.name = name;
    this.credentials = of.credentials;
    this.filesystem = of.filesystem;
    this.parameters = of.parameters;
    this.folder = of.folder.resolveSibling(name);
    this.staging = Files.createDirectories(folder.resolve("staging"));
    this.target = folder.resolve("pod").resolve("mount");
    this.data = of.data;
    this.capability = capability;
    this.source = source;
  }

  /**
   * Another volume of the same class that begins with this one's data.
   *
   * @param source asked when it is made
   * @param onlyRead whether nobody may write to it
   */
  VolumeLife copy(String copyName, boolean onlyRead, Supplier<VolumeContentSource> source)
      throws IOException {
    return like(
        copyName, mounted(onlyRead ? AccessMode.Mode.MULTI_NODE_READER_ONLY : written()), source);
  }

  /**
   * Another volume of the same class.
   *
   * @param use as the claim asks for it, for instance {@link #block}
   * @param begin what it begins as a copy of, asked when it is made
   */
  VolumeLife like(String otherName, VolumeCapability use, Supplier<VolumeContentSource> begin)
      throws IOException {
    return new VolumeLife(this, otherName, use, begin);
  }

  private AccessMode.Mode written() {
    return filesystem.equals(CEPHFS)
        ? AccessMode.Mode.MULTI_NODE_MULTI_WRITER
        : AccessMode.Mode.SINGLE_NODE_WRITER;
  }

  private VolumeCapability mounted(AccessMode.Mode mode) {
    String type = filesystem.equals(CEPHFS) ? "" : filesystem;
    return VolumeCapability.newBuilder()
        .setMount(MountVolume.newBuilder().setFsType(type))
        .setAccessMode(AccessMode.newBuilder().setMode(mode))
        .build();
  }

  /** A device. */
  static VolumeCapability block(AccessMode.Mode mode) {
    return VolumeCapability.newBuilder()
        .setBlock(BlockVolume.getDefaultInstance())
        .setAccessMode(AccessMode.newBuilder().setMode(mode))
        .build();
  }

  /** A volume of CephFS, for many writers on many nodes; otherwise as that of an image. */
  static VolumeLife onCephFs(ThrowawayCeph ceph, String name, Path folder) throws IOException {
    return onCephFs(ceph, ceph.credentials(), name, folder);
  }

  /** As the other one, by another user. */
  static VolumeLife onCephFs(ThrowawayCeph ceph, Credentials credentials, String name, Path folder)
      throws IOException {
    return onFileSystem(ceph.entry("fs"), credentials, name, folder);
  }

  /** As the other one, of the filesystem of that name. */
  static VolumeLife onFileSystem(String fsName, Credentials credentials, String name, Path folder)
      throws IOException {
    return new VolumeLife(
        name,
        credentials,
        folder,
        CEPHFS,
        Map.of("clusterID", DriverProcess.CLUSTER_ID, "fsName", fsName));
  }

  List<Step> steps() {
    List<Step> all = allSteps();
    return filesystem.equals(CEPHFS)
        ? all.stream().filter(step -> !step.name().equals("NodeExpandVolume")).toList()
        : all;
  }

  private List<Step> allSteps() {
    return List.of(
        new Step("CreateVolume", this::create),
        new Step("NodeStageVolume", this::stage),
        new Step("NodePublishVolume", this::publish),
        new Step("write 32 MiB", _ -> write()),
        new Step("read back", _ -> readBack()),
        new Step("ControllerExpandVolume", this::expand),
        new Step("NodeExpandVolume", this::expandOnNode),
        new Step("NodeGetVolumeStats", this::stats),
        new Step("read again", _ -> readBack()),
        new Step("NodeUnpublishVolume", this::unpublish),
        new Step("NodeUnstageVolume", this::unstage),
        new Step("DeleteVolume", this::delete));
  }

  /** The volume as CreateVolume answered it. */
  Volume volume() {
    return volume;
  }

  /** Goes on with a volume that was made elsewhere. */
  void takeOver(Volume known) {
    volume = known;
  }

  /** Runs the step of that name. */
  String run(String step, CsiClient client) throws IOException {
    for (Step each : steps()) {
      if (each.name().equals(step)) {
        return each.action().run(client);
      }
    }
    throw new IllegalArgumentException("no step is called " + step);
  }

  /** Runs steps and tells how long each took. */
  void tell(String who, CsiClient client, String... steps) throws IOException {
    for (String step : steps) {
      long started = System.nanoTime();
      String outcome = run(step, client);
      long millis = (System.nanoTime() - started) / 1_000_000;
      System.out.printf("%s: %-23s %6d ms  %s%n", who, step, millis, outcome);
    }
  }

  /** The class it is made by. */
  Map<String, String> parameters() {
    return parameters;
  }

  /** Where kubelet has it staged. */
  Path staging() {
    return staging;
  }

  /** Where a pod has it. */
  Path target() {
    return target;
  }

  /** The folders of the volume on this node. */
  Path folder() {
    return folder;
  }

  private String create(CsiClient client) {
    var request =
        CreateVolumeRequest.newBuilder()
            .setName(name)
            .addVolumeCapabilities(capability())
            .putAllParameters(parameters)
            .putAllSecrets(secrets());
    VolumeContentSource of = source.get();
    if (of.getTypeCase() == VolumeContentSource.TypeCase.TYPE_NOT_SET) {
      request.setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(GIB));
    } else {
      request.setVolumeContentSource(of); // and as large as that is
    }
    volume = client.controller().createVolume(request.build()).getVolume();
    return volume.getVolumeId();
  }

  private String stage(CsiClient client) {
    var _ =
        client
            .node()
            .nodeStageVolume(
                NodeStageVolumeRequest.newBuilder()
                    .setVolumeId(volume.getVolumeId())
                    .setStagingTargetPath(staging.toString())
                    .setVolumeCapability(capability())
                    .putAllVolumeContext(volume.getVolumeContextMap())
                    .putAllSecrets(secrets())
                    .build());
    return capability.hasBlock() ? "block" : filesystem;
  }

  private String publish(CsiClient client) {
    publish(client, target, false);
    return target.toString();
  }

  /** Shows it at a path; a volume may have several. */
  void publish(CsiClient client, Path path, boolean readOnly) {
    var _ =
        client
            .node()
            .nodePublishVolume(
                NodePublishVolumeRequest.newBuilder()
                    .setVolumeId(volume.getVolumeId())
                    .setStagingTargetPath(staging.toString())
                    .setTargetPath(path.toString())
                    .setVolumeCapability(capability())
                    .putAllVolumeContext(volume.getVolumeContextMap())
                    .setReadonly(readOnly)
                    .build());
  }

  /** What is wrong with it on its node. */
  List<VolumeHealthEntry> healthOnNode(CsiClient client) {
    return client
        .node()
        .withDeadlineAfter(HEALTH_SECONDS, TimeUnit.SECONDS)
        .nodeGetVolumeHealth(
            NodeGetVolumeHealthRequest.newBuilder()
                .setVolumeId(volume.getVolumeId())
                .setStagingTargetPath(staging.toString())
                .build())
        .getVolumeHealth()
        .getHealthStatusesList();
  }

  private String write() throws IOException {
    Path file = target.resolve("data");
    Files.write(file, data);
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    return "sha256 " + sum(data).substring(0, 16);
  }

  private String readBack() throws IOException {
    String sum = sum(Files.readAllBytes(target.resolve("data")));
    if (!sum.equals(sum(data))) {
      throw new IOException("what was read is not what was written: sha256 " + sum);
    }
    return "sha256 " + sum.substring(0, 16) + ", the same";
  }

  private String expand(CsiClient client) {
    var answer =
        client
            .controller()
            .controllerExpandVolume(
                ControllerExpandVolumeRequest.newBuilder()
                    .setVolumeId(volume.getVolumeId())
                    .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(3 * GIB))
                    .putAllSecrets(secrets())
                    .build());
    return "%d GiB".formatted(answer.getCapacityBytes() / GIB);
  }

  private String expandOnNode(CsiClient client) throws IOException {
    var _ =
        client
            .node()
            .nodeExpandVolume(
                NodeExpandVolumeRequest.newBuilder()
                    .setVolumeId(volume.getVolumeId())
                    .setVolumePath(target.toString())
                    .setStagingTargetPath(staging.toString())
                    .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(3 * GIB))
                    .build());
    long bytes = Files.getFileStore(target).getTotalSpace();
    if (bytes < 2 * GIB) {
      throw new IOException("the filesystem has only %d bytes".formatted(bytes));
    }
    return "filesystem of %d MiB".formatted(bytes >> 20);
  }

  /** CephFS counts what is in a directory some seconds later. */
  private String stats(CsiClient client) throws IOException {
    long end = System.nanoTime() + COUNTED.toNanos();
    List<VolumeUsage> usage = usage(client);
    while (usage.getFirst().getUsed() < DATA_BYTES) {
      if (!filesystem.equals(CEPHFS) || System.nanoTime() > end) {
        throw new IOException(
            "only %d bytes are said to be used".formatted(usage.getFirst().getUsed()));
      }
      usage = usage(client);
    }
    VolumeUsage bytes = usage.getFirst();
    return "%d of %d MiB used, %d inodes"
        .formatted(bytes.getUsed() >> 20, bytes.getTotal() >> 20, usage.get(1).getUsed());
  }

  private List<VolumeUsage> usage(CsiClient client) {
    return client
        .node()
        .nodeGetVolumeStats(
            NodeGetVolumeStatsRequest.newBuilder()
                .setVolumeId(volume.getVolumeId())
                .setVolumePath(target.toString())
                .build())
        .getUsageList();
  }

  private String unpublish(CsiClient client) {
    unpublish(client, target);
    return "";
  }

  /** Takes it away from a path. */
  void unpublish(CsiClient client, Path path) {
    var _ =
        client
            .node()
            .nodeUnpublishVolume(
                NodeUnpublishVolumeRequest.newBuilder()
                    .setVolumeId(volume.getVolumeId())
                    .setTargetPath(path.toString())
                    .build());
  }

  private String unstage(CsiClient client) {
    var _ =
        client
            .node()
            .nodeUnstageVolume(
                NodeUnstageVolumeRequest.newBuilder()
                    .setVolumeId(volume.getVolumeId())
                    .setStagingTargetPath(staging.toString())
                    .build());
    return "";
  }

  private String delete(CsiClient client) {
    var _ =
        client
            .controller()
            .deleteVolume(
                DeleteVolumeRequest.newBuilder()
                    .setVolumeId(volume.getVolumeId())
                    .putAllSecrets(secrets())
                    .build());
    return "";
  }

  VolumeCapability capability() {
    return capability;
  }

  /** The Ceph user of its class. */
  Map<String, String> secrets() {
    return Map.of("userID", credentials.user(), "userKey", credentials.key());
  }

  private static String sum(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
