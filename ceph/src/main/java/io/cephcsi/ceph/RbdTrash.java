package io.cephcsi.ceph;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The trash of a pool and namespace. */
final class RbdTrash {
  /** {@code rbd_trash_image_info_t}: id, name, source, deletion time, time until it is kept. */
  private static final int ENTRY_BYTES = 40;

  private final IoContext io;
  private final RbdHeaders headers;

  RbdTrash(IoContext io, RbdHeaders headers) {
    this.io = io;
    this.headers = headers;
  }

  void move(String image, Duration keep) {
    String action = "move image " + image + " to trash";
    int result = LibRbd.rbd_trash_move(io.pointer(), image, keep.toSeconds());
    if (result == -Errno.ENOENT && headers.id(image).isPresent()) {
      // It is the trash that is missing and cannot be made, since the pool is full: librbd tries to
      // change the entry that it failed to add, and tells the result of that.
      throw new CephException(Errno.ENOSPC, action);
    }
    io.check(result, action);
  }

  Optional<TrashEntry> entry(String imageId) {
    try (var memory = new Memory(ENTRY_BYTES)) {
      memory.clear();
      int result = LibRbd.rbd_trash_get(io.pointer(), imageId, memory);
      if (result == -Errno.ENOENT) {
        return Optional.empty();
      }
      io.check(result, "look up image " + imageId + " in trash");
      TrashEntry entry = read(memory);
      LibRbd.rbd_trash_get_cleanup(memory);
      return Optional.of(entry);
    }
  }

  List<TrashEntry> entries() {
    return StructList.read(
        ENTRY_BYTES,
        "list trash",
        (array, count) -> io.noted(LibRbd.rbd_trash_list(io.pointer(), array, count)),
        RbdTrash::read,
        LibRbd::rbd_trash_list_cleanup);
  }

  void remove(String imageId) {
    io.check(
        LibRbd.rbd_trash_remove(io.pointer(), imageId, false),
        "remove image " + imageId + " from trash");
  }

  void restore(String imageId, String name) {
    io.check(
        LibRbd.rbd_trash_restore(io.pointer(), imageId, name),
        "restore image " + imageId + " from trash as " + name);
  }

  private static TrashEntry read(Pointer entry) {
    return new TrashEntry(
        StructList.text(entry, 0),
        StructList.text(entry, 8),
        Instant.ofEpochSecond(entry.getLong(24)),
        Instant.ofEpochSecond(entry.getLong(32)));
  }
}
