package io.cephcsi.ceph;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.PointerType;
import io.cephcsi.ceph.LibRados.ClusterPointer;
import org.jspecify.annotations.Nullable;

/**
 * The functions of {@code cephfs/libcephfs.h} in use, as in {@link LibRados}. It is loaded when a
 * metadata server is asked for the first time, which no driver does.
 */
final class LibCephFs {
  static final String FILE = "libcephfs.so.2";

  static {
    Native.register(LibCephFs.class, CephLibrary.load(FILE));
  }

  /** {@code struct ceph_mount_info *}. */
  public static final class MountPointer extends PointerType {
    /** For JNA. */
    public MountPointer() {}

    MountPointer(Pointer pointer) {
      super(pointer);
    }
  }

  private LibCephFs() {}

  /** Takes over the cluster's configuration, with its key; the cluster may be closed before it. */
  static native int ceph_create_from_rados(Pointer mount, ClusterPointer cluster);

  static native int ceph_init(MountPointer mount);

  static native int ceph_release(MountPointer mount);

  static native int ceph_mds_command(
      MountPointer mount,
      String server,
      Pointer commands,
      long commandCount,
      @Nullable Pointer input,
      long inputLength,
      Pointer output,
      Pointer outputLength,
      Pointer status,
      Pointer statusLength);
}
