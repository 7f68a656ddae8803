package io.cephcsi.rbd;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Pool;
import java.util.Map;
import java.util.Set;

/**
 * Remembers with an image which client of a driver flattens it just now: that one has the image
 * open and hinders nobody. Metadata {@code cephcsi.flattening}, with the image's id and the
 * client's addresses as its value. An address has a nonce that no other client gets, so that one
 * that a crash left names nobody any more.
 */
public final class FlatteningClient {
  private static final String KEY = "cephcsi.flattening";

  private FlatteningClient() {}

  /** An announcement; closing it takes it back. */
  public interface Announced extends AutoCloseable {
    @Override
    void close();
  }

  /** Announces a client, until the answer is closed; an image that is gone is no error. */
  @MustBeClosed
  public static Announced announce(Cluster client, Pool pool, String imageId) {
    change(pool, imageId, Set.of(), Map.of(KEY, imageId + " " + client.clientAddresses()));
    return () -> change(pool, imageId, Set.of(KEY), Map.of());
  }

  private static void change(
      Pool pool, String imageId, Set<String> removed, Map<String, String> set) {
    try {
      pool.changeImageMetadata(imageId, removed, set);
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }

  /**
   * The addresses of the client that flattens the image, empty for none. librbd gives a clone its
   * parent's metadata; the image's id in it tells.
   */
  public static String of(Pool pool, String imageId) {
    try (Image image = pool.openImageByIdReadOnly(imageId)) {
      String note = image.metadata().getOrDefault(KEY, "");
      String own = imageId + " ";
      return note.startsWith(own) ? note.substring(own.length()) : "";
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
      return "";
    }
  }
}
