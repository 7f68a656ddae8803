package io.cephcsi.rbd.care;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.care.Concealed;
import io.cephcsi.rbd.Fences;
import io.cephcsi.rbd.OpenPool;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What an open image says of itself.
 *
 * @param dataPool the pool with its data, where that is another one; else empty
 * @param features by Ceph's names
 * @param openers who has it open for writing
 * @param metadata without secrets
 * @param snapshots those that only clones keep among them
 */
public record ImageFacts(
    String dataPool,
    List<String> features,
    List<Opener> openers,
    Map<String, String> metadata,
    List<ImageSnapshot> snapshots,
    CloneTree clones) {
  /**
   * A client that has the image open.
   *
   * @param node its name, where the driver noted it; else empty
   */
  public record Opener(String address, String node) {}

  /** Opens the image for reading; empty when it is gone. */
  static Optional<ImageFacts> of(OpenPool place, String imageId) {
    Pool pool = place.pool();
    Map<String, String> nodes =
        Fences.of(pool, imageId).stream()
            .collect(Collectors.toMap(Fences.Fence::client, Fences.Fence::nodeId, (one, _) -> one));
    Function<String, String> node = address -> nodes.getOrDefault(address, "");
    try (Image image = pool.openImageByIdReadOnly(imageId)) {
      return Optional.of(
          new ImageFacts(
              pool.imageDataPool(imageId).flatMap(place.cluster()::poolName).orElse(""),
              Feature.of(image.features()).stream().map(Feature::text).toList(),
              image.watchers().stream()
                  .map(w -> new Opener(w.address(), node.apply(w.address())))
                  .toList(),
              Concealed.of(image.metadata()),
              image.snapshots(),
              CloneTree.of(place, imageId)));
    } catch (CephException e) {
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
