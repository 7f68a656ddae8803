package io.cephcsi.rbd.node;

import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryPool;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Maps images of a cluster in memory to files, and watches them as a real client does. */
final class MemoryMapper implements Mapper {
  static final String ADDRESS = "127.0.0.1:0/1";
  private final List<MappedDevice> devices = new ArrayList<>();
  private final MemoryCluster cluster;
  private final MemoryNode node;
  private final Path directory;
  final List<String> options = new ArrayList<>();
  final List<String> netNamespaces = new ArrayList<>();
  private int minors;
  Runnable whileMapping = () -> {};
  String trouble = "";

  MemoryMapper(MemoryCluster cluster, MemoryNode node, Path directory) {
    this.cluster = cluster;
    this.node = node;
    this.directory = directory;
  }

  @Override
  public String name() {
    return "rbd";
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
            .withClient(ADDRESS);
    devices.add(device);
    return device;
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
        stored.orElseThrow().addWatcher(ADDRESS);
      } else {
        stored.ifPresent(i -> i.removeWatcher(ADDRESS));
      }
    }
  }
}
