package io.cephcsi.cephfs.node;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.CsiException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The Ceph user in the secrets of a node's request: the admin, or one that may do less. */
final class StageSecret {
  private static final List<String> ADMIN_FIRST = List.of("admin", "user");
  private static final List<String> USER_FIRST = List.of("user", "admin");

  private StageSecret() {}

  /**
   * The user to mount as. Of a volume that the driver made the admin, as ceph-csi does, if there is
   * one; of a static one the user.
   *
   * @throws CsiException.InvalidArgument when there is none; values are never named
   */
  static Credentials of(VolumeSource source, Map<String, String> secrets) {
    return find(source, secrets)
        .orElseThrow(() ->
            new CsiException.InvalidArgument(
                "the request has no Ceph user: name a Secret with adminID and adminKey, or userID and userKey, as node-stage-secret"));
  }

  /** As {@link #of}, empty when there is none. */
  static Optional<Credentials> find(VolumeSource source, Map<String, String> secrets) {
    List<String> kinds = source instanceof VolumeSource.Provisioned ? ADMIN_FIRST : USER_FIRST;
    return kinds.stream().flatMap(kind -> find(kind, secrets).stream()).findFirst();
  }

  private static Optional<Credentials> find(String kind, Map<String, String> secrets) {
    String user = secrets.getOrDefault(kind + "ID", "").strip();
    String key = secrets.getOrDefault(kind + "Key", "").strip();
    return user.isEmpty() || key.isEmpty()
        ? Optional.empty()
        : Optional.of(new Credentials(user, key));
  }
}
