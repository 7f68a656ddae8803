package io.cephcsi.rbd.controller;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.GoBoolean;
import io.cephcsi.rbd.ClassParameter;

/** Refuses what ceph-csi encrypts: this driver cannot yet, and must not make it plain. */
final class Encryption {
  private Encryption() {}

  /**
   * Refuses a class that asks for it.
   *
   * @throws CsiException.InvalidArgument when it does
   */
  static void requireNotAsked(ClassParameters parameters) {
    if (GoBoolean.of(ClassParameter.ENCRYPTED, parameters.all())) {
      throw new CsiException.InvalidArgument(
          "encrypted: this driver cannot encrypt yet, and makes no plain volume instead: take another class, or let ceph-csi make it");
    }
  }

  /**
   * Refuses a source whose copy would be unreadable: its key stays where ceph-csi has it.
   *
   * @throws CsiException.FailedPrecondition when it is encrypted
   */
  static void requirePlain(String id, boolean encrypted) {
    if (encrypted) {
      throw new CsiException.FailedPrecondition(
          "%s is encrypted, which this driver cannot copy yet: let ceph-csi do it".formatted(id));
    }
  }
}
