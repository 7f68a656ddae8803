package io.cephcsi.ceph;

import com.sun.jna.Memory;

/** The release of Ceph that the loaded libraries are of. */
public final class CephVersion {
  private CephVersion() {}

  /** 16 for Pacific, 18 for Reef: librbd's minor version. C: {@code rbd_version}. */
  public static int ofLibrbd() {
    try (var version = new Memory(3 * Integer.BYTES)) {
      LibRbd.rbd_version(version, version.share(Integer.BYTES), version.share(2 * Integer.BYTES));
      return version.getInt(Integer.BYTES);
    }
  }
}
