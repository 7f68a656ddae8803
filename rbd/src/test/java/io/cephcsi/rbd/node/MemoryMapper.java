package io.cephcsi.rbd.node;

import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Maps images of a cluster in memory to files, and watches them as a real client does. */
final class MemoryMapper implements Mapper {
  /** On the machine of the driver, which has 10.0.0.1:0/1. */
  static final String ADDRESS = "10.0.0.1:0/71";

  private final List<MappedDevice> devices = new CopyOnWriteArrayList<>();
  private final MemoryCluster cluster;
  private final MemoryNode node;
  private final Path directory;
  final List<String> options = new ArrayList<>();
  final List<String> netNamespaces = new ArrayList<>();
  private int minors;
  Runnable whileMapping = () -> {};
  Runnable afterMapping = () -> {};
  String trouble = "";

  String name = "rbd";

  /** The client by which images are mapped from now on. */
  String address = ADDRESS;

  /** Whether the system tells the clients of devices. */
  boolean tellsClients = true;

  /** Whether it has processes, as rbd-nbd. */
  boolean nbd;

  /** Why no device gets a new process; empty when they do. */
  String reviving = "";

  /** The users with which devices got a new process. */
  final List<String> revivers = new CopyOnWriteArrayList<>();

  MemoryMapper(MemoryCluster cluster, MemoryNode node, Path directory) {
    this.cluster = cluster;
    this.node = node;
    this.directory = directory;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String trouble(long features) {
    return trouble;
  }

  @Override
  public MappedDevice map(MapRequest request) {
    whileMapping.run();
    options.add(request.options().krbd());
    netNamespaces.add(request.netNamespace());
    Path path = directory.resolve("rbd" + minors);
    long bytes = imageBytes(request.image());
    node.device(path, minors++, bytes);
    watch(request.image(), true);
    var device =
        new MappedDevice(
                request.fsid(), request.image(), request.imageId(), path, request.readOnly(), bytes)
            .withClient(tellsClients ? address : "");
    devices.add(device);
    afterMapping.run();
    return device;
  }

  /**
   * Ends the process behind each device; with the volume's id as the kernel's cookie, or without.
   */
  void lose(String volumeId) {
    devices.replaceAll(d -> served(d, false, volumeId));
  }

  @Override
  public List<MappedDevice> lost() {
    return devices.stream().filter(d -> !d.served()).toList();
  }

  @Override
  public MappedDevice revive(MappedDevice device, MapRequest request) {
    if (!reviving.isEmpty()) {
      throw new CsiException.Unavailable(reviving, null);
    }
    revivers.add(request.credentials().user());
    devices.remove(device);
    devices.add(served(device, true, device.volumeId()));
    watch(device.image(), true);
    return devices.getLast();
  }

  private static MappedDevice served(MappedDevice d, boolean served, String volumeId) {
    return new MappedDevice(
        d.fsid(),
        d.image(),
        d.imageId(),
        d.path(),
        d.readOnly(),
        d.sizeBytes(),
        served,
        volumeId,
        d.client());
  }

  @Override
  public Stash stash(ImageSpec image, Map<String, String> context) {
    return nbd ? Stash.ofNbd(image, "", "/log", NbdLog.REMOVE) : Mapper.super.stash(image, context);
  }

  @Override
  public List<MappedDevice> devices() {
    return List.copyOf(devices);
  }

  @Override
  public void unmap(MappedDevice device, String options) {
    if (devices.remove(device)) {
      watch(device.image(), false);
    }
  }

  @Override
  public void clear(ImageSpec image) {}

  @Override
  public MappedDevice resize(MappedDevice device, long sizeBytes, Duration patience) {
    var grown = device.withSize(sizeBytes);
    devices.remove(device);
    devices.add(grown);
    return grown;
  }

  private long imageBytes(ImageSpec image) {
    try (MemoryPool pool = cluster.pool(image.pool())) {
      return pool.stored(image.image()).orElseThrow().sizeBytes();
    }
  }

  private void watch(ImageSpec image, boolean on) {
    try (MemoryPool pool = cluster.pool(image.pool())) {
      var stored = pool.stored(image.image());
      if (on) {
        stored.orElseThrow().addWatcher(address);
      } else {
        stored.ifPresent(i -> i.removeWatcher(address));
      }
    }
  }
}
