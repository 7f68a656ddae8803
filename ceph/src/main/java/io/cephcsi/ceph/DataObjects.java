package io.cephcsi.ceph;

import com.sun.jna.Memory;
import java.util.ArrayList;
import java.util.List;

/** The RADOS objects that hold an image's data, at its snapshots. */
final class DataObjects implements AutoCloseable {
  /** What {@link #version} gives for an object that is not there. */
  private static final long NONE = -1;

  private final IoContext one;
  private final IoContext other;
  private final Memory out = new Memory(2L * Long.BYTES);
  private final String prefix;
  private final long objectBytes;

  /**
   * @param prefix of the objects' names
   */
  DataObjects(
      SharedConnection connection, long poolId, String namespace, String prefix, long objectBytes) {
    this.prefix = prefix;
    this.objectBytes = objectBytes;
    one = IoContext.open(connection, poolId, namespace);
    try {
      other = IoContext.open(connection, poolId, namespace);
    } catch (RuntimeException e) {
      one.close();
      throw e;
    }
  }

  /** Those stretches whose objects were written or removed between the two snapshots. */
  Extents touched(long snapshot, long otherSnapshot, Extents within) {
    LibRados.rados_ioctx_snap_set_read(one.pointer(), snapshot);
    LibRados.rados_ioctx_snap_set_read(other.pointer(), otherSnapshot);
    List<Extent> touched = new ArrayList<>();
    long looked = -1;
    boolean same = true;
    for (Extent extent : within.all()) {
      for (long number = extent.offset() / objectBytes;
          number * objectBytes < extent.end();
          number++) {
        if (number != looked) {
          looked = number;
          same = version(one, number) == version(other, number);
        }
        if (!same) {
          touched.add(new Extent(number * objectBytes, objectBytes));
        }
      }
    }
    return new Extents(touched).within(within);
  }

  /**
   * An object's version is that of its last write; a snapshot sees the one of the last write before
   * it. Versions only grow, also when an object is removed and made again.
   */
  private long version(IoContext io, long number) {
    String object = "%s.%016x".formatted(prefix, number);
    int result = LibRados.rados_stat(io.pointer(), object, out, out.share(Long.BYTES));
    if (result == -Errno.ENOENT) {
      return NONE;
    }
    io.check(result, "stat " + object);
    return LibRados.rados_get_last_version(io.pointer());
  }

  @Override
  public void close() {
    one.close();
    other.close();
    out.close();
  }
}
