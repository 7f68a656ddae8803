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

  /**
   * The user and key of an administrator of CephFS volumes; a secret with {@code userID} and {@code
   * userKey} will do.
   *
   * @throws CsiException.InvalidArgument when one is missing; values are never named
   */
  public static Credentials admin(Map<String, String> secrets) {
    if (secrets.isEmpty()) {
      throw new CsiException.InvalidArgument(
          "the request has no secrets: name a Secret with adminID and adminKey in the class");
    }
    if (!secrets.containsKey("adminID") && secrets.containsKey("userID")) {
      return credentials(secrets);
    }
    return new Credentials(
        value(secrets, "adminID", "adminID and adminKey"),
        value(secrets, "adminKey", "adminID and adminKey"));
  }

  private static String inTreeUser(Map<String, String> secrets) {
    String user = secrets.getOrDefault("adminId", "");
    return user.isEmpty() ? "admin" : user;
  }

  private static String value(Map<String, String> secrets, String key) {
    return value(secrets, key, "userID and userKey");
  }

  private static String value(Map<String, String> secrets, String key, String needed) {
    String value = secrets.getOrDefault(key, "").strip();
    if (value.isEmpty()) {
      throw new CsiException.InvalidArgument(
          "the secret has no %s: it needs %s".formatted(key, needed));
    }
    return value;
  }
}
