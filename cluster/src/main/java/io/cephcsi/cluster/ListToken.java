package io.cephcsi.cluster;

import io.cephcsi.csi.CsiException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Where a listing goes on: behind this name, in this pool of this cluster.
 *
 * @param name empty for the pool's beginning
 */
public record ListToken(String clusterId, long poolId, String name) {
  private static final ListToken FIRST = new ListToken("", -1, "");

  /**
   * Reads a token that {@link #text} made.
   *
   * @throws CsiException.Aborted when it is none, as CSI wants: the caller starts anew
   */
  public static ListToken of(String text) {
    if (text.isEmpty()) {
      return FIRST;
    }
    try {
      String plain = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
      String[] parts = plain.split("\n", 3);
      return new ListToken(parts[0], Long.parseLong(parts[1]), parts[2]);
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
      throw unknown(text);
    }
  }

  /** The refusal of a token that leads nowhere. */
  public static CsiException.Aborted unknown(String text) {
    return new CsiException.Aborted(
        "starting_token %s is none of this driver's, or its pool is gone: start without one"
            .formatted(text));
  }

  /** The token as CSI carries it. */
  public String text() {
    String plain = clusterId + "\n" + poolId + "\n" + name;
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(plain.getBytes(StandardCharsets.UTF_8));
  }

  /** Whether the listing starts from its beginning. */
  public boolean first() {
    return equals(FIRST);
  }

  /** Whether it is of that pool. */
  public boolean isIn(String cluster, long pool) {
    return clusterId.equals(cluster) && poolId == pool;
  }

  /** This token in the pool that it names, the beginning of any other. */
  public ListToken in(String cluster, long pool) {
    return isIn(cluster, pool) ? this : new ListToken(cluster, pool, "");
  }
}
