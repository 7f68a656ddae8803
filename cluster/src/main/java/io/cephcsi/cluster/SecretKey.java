package io.cephcsi.cluster;

import io.cephcsi.csi.Parameter;

/** What a Secret may have. */
public enum SecretKey implements Parameter {
  USER_ID(Told.of("userID", "Ceph's user, without `client.`")),
  USER_KEY(Told.of("userKey", "the user's key")),
  ADMIN_ID(
      Told.of("adminID", "CephFS: the user who makes subvolumes; `userID` and `userKey` will do")),
  ADMIN_KEY(Told.of("adminKey", "CephFS: the key of that user")),
  IN_TREE_USER(
      Told.of(
          "adminId",
          "RBD: the user in a Secret of Kubernetes' in-tree driver, `admin` without it")),
  IN_TREE_KEY(Told.of("key", "RBD: the key in such a Secret, which counts before the others"));

  private final Told told;

  SecretKey(Told told) {
    this.told = told;
  }

  @Override
  public Told told() {
    return told;
  }
}
