package io.cephcsi.csi.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * What a filesystem's superblock tells, of ext4 and xfs: its size, since it need not fill the
 * device, and whether it was made to the end.
 */
final class Superblock {
  private static final int BYTES = 4096;

  private static final int EXT4_START = 1024;
  private static final int EXT4_MAGIC_AT = EXT4_START + 0x38;
  private static final short EXT4_MAGIC = (short) 0xEF53;
  private static final int XFS_MAGIC = 0x58465342; // XFSB
  private static final int XFS_IN_PROGRESS_AT = 126; // sb_inprogress

  private Superblock() {}

  /** The bytes that the filesystem covers; empty when it is none of the two. */
  static Optional<Long> filesystemBytes(Path device) throws IOException {
    ByteBuffer start = read(device);
    if (start.order(ByteOrder.BIG_ENDIAN).getInt(0) == XFS_MAGIC) {
      return Optional.of(start.getLong(8) * Integer.toUnsignedLong(start.getInt(4)));
    }
    start.order(ByteOrder.LITTLE_ENDIAN);
    return start.getShort(EXT4_MAGIC_AT) == EXT4_MAGIC
        ? Optional.of(ext4(start))
        : Optional.empty();
  }

  /** Whether mkfs.xfs was cut off: it sets a mark first, and takes it away last. */
  static boolean isUnfinishedXfs(Path device) throws IOException {
    ByteBuffer start = read(device).order(ByteOrder.BIG_ENDIAN);
    return start.getInt(0) == XFS_MAGIC && start.get(XFS_IN_PROGRESS_AT) != 0;
  }

  private static long ext4(ByteBuffer start) {
    long low = Integer.toUnsignedLong(start.getInt(EXT4_START + 4));
    long high = Integer.toUnsignedLong(start.getInt(EXT4_START + 0x150));
    boolean large = (start.getInt(EXT4_START + 0x60) & 0x80) != 0; // INCOMPAT_64BIT
    long blocks = large ? high << 32 | low : low;
    return blocks << (10 + start.getInt(EXT4_START + 24));
  }

  private static ByteBuffer read(Path device) throws IOException {
    try (FileChannel channel = FileChannel.open(device, StandardOpenOption.READ)) {
      ByteBuffer buffer = ByteBuffer.allocate(BYTES);
      while (buffer.hasRemaining() && channel.read(buffer, buffer.position()) >= 0) {
        // a device gives it all at once
      }
      if (buffer.hasRemaining()) {
        throw new IOException(device + " is shorter than a superblock");
      }
      return buffer;
    }
  }
}
