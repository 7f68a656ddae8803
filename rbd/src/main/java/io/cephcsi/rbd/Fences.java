package io.cephcsi.rbd;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Pool;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Remembers with an image which client of the cluster each node has it open by, so that the client
 * of a lost node can be fenced: metadata {@code cephcsi.fence/<node>}, with the image's id and the
 * client's address as its value. Prefix and form are no other driver's.
 */
public final class Fences {
  private static final String PREFIX = "cephcsi.fence/";

  private Fences() {}

  /**
   * A node that may write to the image.
   *
   * @param client its client's address with port and nonce, {@code 10.0.0.7:0/123456}
   */
  public record Fence(String nodeId, String client) {}

  /** All nodes that may write to the image; none for an image that is gone. */
  public static List<Fence> of(Pool pool, String imageId) {
    try (Image image = pool.openImageByIdReadOnly(imageId)) {
      return image.metadata().entrySet().stream().flatMap(e -> fence(imageId, e)).toList();
    } catch (CephException e) {
      if (e.errno() == Errno.ENOENT) {
        return List.of();
      }
      throw e;
    }
  }

  /** librbd gives a clone its parent's metadata; the image's id in it tells. */
  private static Stream<Fence> fence(String imageId, Map.Entry<String, String> metadata) {
    String own = imageId + " ";
    return metadata.getKey().startsWith(PREFIX) && metadata.getValue().startsWith(own)
        ? Stream.of(
            new Fence(
                metadata.getKey().substring(PREFIX.length()),
                metadata.getValue().substring(own.length())))
        : Stream.of();
  }

  /** Adds a node, or gives it another client. */
  public static void put(Pool pool, String imageId, Fence fence) {
    pool.changeImageMetadata(
        imageId, Set.of(), Map.of(key(fence.nodeId()), imageId + " " + fence.client()));
  }

  /** Removes a node; one that is not there, or no image, is no error. */
  public static void remove(Pool pool, String imageId, String nodeId) {
    try {
      pool.changeImageMetadata(imageId, Set.of(key(nodeId)), Map.of());
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }

  /** The metadata key of a node. */
  public static String key(String nodeId) {
    return PREFIX + nodeId;
  }
}
