package io.cephcsi.cephfs.controller;

import io.cephcsi.csi.CsiException;

/** Refuses what ceph-csi encrypts: this driver cannot yet, and must not pass it off as plain. */
final class Encryption {
  private Encryption() {}

  /**
   * Refuses a source whose copy would be unreadable: its key stays where ceph-csi has it.
   *
   * @param source what it is, with its id
   * @throws CsiException.FailedPrecondition when it is encrypted
   */
  static void requirePlain(String source, boolean encrypted) {
    if (encrypted) {
      throw new CsiException.FailedPrecondition(
          "%s is encrypted by ceph-csi, which this driver can neither copy, show nor cut yet: let ceph-csi do it"
              .formatted(source));
    }
  }
}
