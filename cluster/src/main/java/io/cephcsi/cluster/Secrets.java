package io.cephcsi.cluster;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.CsiException;
import java.util.Map;

/** The Ceph user in a request's secrets. */
public final class Secrets {
  private Secrets() {}

  /**
   * The user and key. A secret of the in-tree driver ({@code key}, {@code adminId}) counts too.
   *
   * @throws CsiException.InvalidArgument when one is missing; values are never named
   */
  public static Credentials credentials(Map<String, String> secrets) {
    if (secrets.isEmpty()) {
      throw new CsiException.InvalidArgument(
          "the request has no secrets: name a Secret with userID and userKey in the class");
    }
    String inTreeKey = secrets.getOrDefault("key", "");
    return inTreeKey.isEmpty()
        ? new Credentials(value(secrets, "userID"), value(secrets, "userKey"))
        : new Credentials(inTreeUser(secrets), inTreeKey);
  }

  private static String inTreeUser(Map<String, String> secrets) {
    String user = secrets.getOrDefault("adminId", "");
    return user.isEmpty() ? "admin" : user;
  }

  private static String value(Map<String, String> secrets, String key) {
    String value = secrets.getOrDefault(key, "").strip();
    if (value.isEmpty()) {
      throw new CsiException.InvalidArgument(
          "the secret has no " + key + ": it needs userID and userKey");
    }
    return value;
  }
}
