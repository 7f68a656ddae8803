package io.cephcsi.rbd.care;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.rbd.OpenPool;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A pool called {@code rbd} with what a driver stores in it, whole or with parts missing. */
final class PoolInMemory implements AutoCloseable {
  static final String DIRECTORY = "csi.volumes.default";
  static final String SNAPSHOTS = "csi.snaps.default";
  static final long GIB = 1L << 30;

  final MemoryCluster cluster = new MemoryCluster("rbd");
  final MemoryPool pool = cluster.pool("rbd");

  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // owned by the answer
  OpenPool open() {
    var config =
        new ClusterConfig(
            "one",
            List.of(),
            new ClusterConfig.Rbd("", 0, ""),
            new ClusterConfig.CephFs("csi", "csi", "", "", ""),
            new ClusterConfig.ReadAffinity(ClusterConfig.ReadAffinity.Wish.FLAG, List.of()));
    return new OpenPool(config, new Credentials("csi", "key"), cluster, cluster.pool("rbd"));
  }

  /** The n-th UUID. */
  static String uuid(int n) {
    return "11111111-2222-4333-8444-%012d".formatted(n);
  }

  static String image(int n) {
    return "csi-vol-" + uuid(n);
  }

  /** A whole volume {@code pvc-n}. */
  void volume(int n) {
    pool.createImage(image(n), GIB, ImageOptions.DEFAULT);
    key(n);
    object(n, Map.of("csi.imageid", pool.imageId(image(n)).orElseThrow()));
  }

  /** A snapshot {@code snapshot-n}, as of a driver that was killed when it had just answered. */
  void unfinishedSnapshot(int n) {
    String image = "csi-snap-" + uuid(n);
    pool.createImage(image, GIB, ImageOptions.DEFAULT);
    pool.compareAndPut(SNAPSHOTS, "csi.snap.snapshot-" + n, "", uuid(n));
    pool.create(
        "csi.snap." + uuid(n),
        Map.of(
            "csi.snapname",
            "snapshot-" + n,
            "csi.imagename",
            image,
            "csi.source",
            image(1),
            "csi.imageid",
            pool.imageId(image).orElseThrow(),
            "cephcsi.unfinished",
            "true"));
  }

  void key(int n) {
    pool.compareAndPut(DIRECTORY, "csi.volume.pvc-" + n, "", uuid(n));
  }

  /** The UUID's object, with more keys than the name's. */
  void object(int n, Map<String, String> more) {
    Map<String, String> keys = new TreeMap<>(more);
    keys.put("csi.volname", "pvc-" + n);
    keys.put("csi.imagename", image(n));
    pool.create("csi.volume." + uuid(n), keys);
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
    all.put("images", pool.images());
    pool.images().values().forEach(id -> all.put("snapshots of " + id, snapshots(id)));
    all.put("trash", pool.trashEntries().stream().map(e -> e.name() + " " + e.imageId()).toList());
    return all;
  }

  private List<String> snapshots(String imageId) {
    return pool.storedById(imageId).stream()
        .flatMap(image -> image.snapshots().stream())
        .map(snapshot -> snapshot.kind() + " " + snapshot.name())
        .toList();
  }

  @Override
  public void close() {
    pool.close();
    cluster.checkNothingOpen();
  }
}
