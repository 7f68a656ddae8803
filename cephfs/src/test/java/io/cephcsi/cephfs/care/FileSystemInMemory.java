package io.cephcsi.cephfs.care;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.MemoryVolumes;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.StoredSubvolume;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.journal.SnapshotReferences;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/** A filesystem with what a driver stores in it, whole or with parts missing. */
final class FileSystemInMemory implements AutoCloseable {
  static final String VOLUMES = "csi.volumes.default";
  static final String SNAPSHOTS = "csi.snaps.default";
  static final long GIB = 1L << 30;

  final MemoryCluster cluster = new MemoryCluster();
  final MemoryVolumes manager = new MemoryVolumes(cluster);
  final MemoryPool pool = cluster.pool("cephfs_metadata", "csi");

  @MustBeClosed
  OpenFileSystem open() {
    var config =
        new ClusterConfig(
            "one",
            List.of(),
            new ClusterConfig.Rbd("", 0, ""),
            new ClusterConfig.CephFs("csi", "csi", "", "", ""),
            new ClusterConfig.ReadAffinity(ClusterConfig.ReadAffinity.Wish.FLAG, List.of()));
    return FileSystems.open(
        config, new Credentials("csi", "key"), cluster, FileSystems.all(cluster).getFirst());
  }

  private void with(Consumer<OpenFileSystem> action) {
    try (OpenFileSystem opened = open()) {
      action.accept(opened);
    }
  }

  /** The n-th UUID. */
  static String uuid(int n) {
    return "11111111-2222-4333-8444-%012d".formatted(n);
  }

  static String subvolume(int n) {
    return "csi-vol-" + uuid(n);
  }

  static String snapshot(int n) {
    return "csi-snap-" + uuid(n);
  }

  /** The id of the n-th snapshot. */
  static String snapshotId(int n) {
    return "0001-0003-one-0000000000000001-" + uuid(n);
  }

  /** A whole volume {@code pvc-n}. */
  void volume(int n) {
    makeSubvolume(n);
    key(n);
    object(n, Map.of("cephcsi.bytes", Long.toString(GIB)));
  }

  StoredSubvolume makeSubvolume(int n) {
    with(fs -> fs.subvolumes().create(subvolume(n), GIB, ""));
    return manager.subvolume(subvolume(n)).orElseThrow();
  }

  void removeSubvolume(int n) {
    with(fs -> fs.subvolumes().remove(subvolume(n)));
  }

  void key(int n) {
    pool.compareAndPut(VOLUMES, "csi.volume.pvc-" + n, "", uuid(n));
  }

  /** The UUID's object, with more keys than the name's. */
  void object(int n, Map<String, String> more) {
    Map<String, String> keys = new TreeMap<>(more);
    keys.put("csi.volname", "pvc-" + n);
    keys.put("csi.imagename", subvolume(n));
    pool.create("csi.volume." + uuid(n), keys);
  }

  /** A whole snapshot {@code snapshot-n} of a volume. */
  void snapshot(int n, int volume) {
    cut(volume, snapshot(n));
    pool.compareAndPut(SNAPSHOTS, "csi.snap.snapshot-" + n, "", uuid(n));
    snapshotObject(n, volume, Map.of());
  }

  void cut(int volume, String name) {
    with(fs -> fs.subvolumes().cut(subvolume(volume), name));
  }

  void snapshotObject(int n, int volume, Map<String, String> more) {
    Map<String, String> keys = new TreeMap<>(more);
    keys.put("csi.snapname", "snapshot-" + n);
    keys.put("csi.imagename", snapshot(n));
    keys.put("csi.source", subvolume(volume));
    pool.create("csi.snap." + uuid(n), keys);
  }

  /** A whole volume that shows a snapshot. */
  void shown(int n, int snapshot) {
    key(n);
    object(n, Map.of("csi.volume.backingsnapshotid", snapshotId(snapshot)));
    new SnapshotReferences().add(pool, snapshotId(snapshot), subvolume(n));
  }

  /** A copy of a volume that the manager is still at. */
  StoredSubvolume copy(int n, int volume) {
    cut(volume, subvolume(n));
    manager.clonesTake(1000);
    with(fs ->
        fs.subvolumes().cloneSnapshot(subvolume(volume), subvolume(n), subvolume(n), "csi", ""));
    return manager.subvolume(subvolume(n)).orElseThrow();
  }

  /** Lets everything in the journal look old. */
  void age() {
    pool.objects().forEach(o -> pool.age(o, Instant.now().minus(Duration.ofDays(1))));
  }

  /** All that is stored, to compare before and after. */
  Map<String, Object> all() {
    Map<String, Object> all = new TreeMap<>();
    for (String object : pool.objects()) {
      all.put(object, pool.list(object, "", 1000));
    }
    manager
        .subvolumes("cephfs", "csi")
        .forEach((name, s) -> all.put(name, s.state + new TreeSet<>(s.snapshots.keySet())));
    return all;
  }

  @Override
  public void close() {
    pool.close();
    cluster.checkNothingOpen();
  }
}
