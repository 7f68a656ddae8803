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
    String inTreeKey = SecretKey.IN_TREE_KEY.in(secrets);
    return inTreeKey.isEmpty()
        ? new Credentials(value(secrets, SecretKey.USER_ID), value(secrets, SecretKey.USER_KEY))
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
    if (!secrets.containsKey(SecretKey.ADMIN_ID.key())
        && secrets.containsKey(SecretKey.USER_ID.key())) {
      return credentials(secrets);
    }
    return new Credentials(
        value(secrets, SecretKey.ADMIN_ID, "adminID and adminKey"),
        value(secrets, SecretKey.ADMIN_KEY, "adminID and adminKey"));
  }

  private static String inTreeUser(Map<String, String> secrets) {
    String user = SecretKey.IN_TREE_USER.in(secrets);
    return user.isEmpty() ? "admin" : user;
  }

  private static String value(Map<String, String> secrets, SecretKey key) {
    return value(secrets, key, "userID and userKey");
  }

  private static String value(Map<String, String> secrets, SecretKey key, String needed) {
    String value = key.in(secrets).strip();
    if (value.isEmpty()) {
      throw new CsiException.InvalidArgument(
          "the secret has no %s: it needs %s".formatted(key.key(), needed));
    }
    return value;
  }
}
