package io.cephcsi.ceph;

import com.sun.jna.Memory;
import java.util.Arrays;
import java.util.List;

/** The groups of images of a pool and namespace. */
final class RbdGroups {
  /** {@code rbd_group_snap_info_t}: name, state. */
  private static final int SNAPSHOT_BYTES = 16;

  /** {@code RBD_GROUP_SNAP_STATE_COMPLETE}. */
  private static final int COMPLETE = 1;

  private static final int FIRST_NAMES_BYTES = 4096;

  private final IoContext io;

  RbdGroups(IoContext io) {
    this.io = io;
  }

  void create(String group) {
    io.check(LibRbd.rbd_group_create(io.pointer(), group), "create group " + group);
  }

  List<String> list() {
    long capacity = FIRST_NAMES_BYTES;
    while (true) {
      try (var names = new Memory(capacity);
          var size = new Memory(Long.BYTES)) {
        size.setLong(0, capacity);
        int result = LibRbd.rbd_group_list(io.pointer(), names, size);
        if (result != -Errno.ERANGE) {
          io.check(result, "list groups");
          return texts(names, result);
        }
        capacity = 2 * Math.max(capacity, size.getLong(0));
      }
    }
  }

  private static List<String> texts(Memory names, int bytes) {
    String all = new String(names.getByteArray(0, bytes), java.nio.charset.StandardCharsets.UTF_8);
    return Arrays.stream(all.split("\0", -1)).filter(name -> !name.isEmpty()).toList();
  }

  void add(String group, IoContext imageIo, String image) {
    io.check(
        LibRbd.rbd_group_image_add(io.pointer(), group, imageIo.pointer(), image),
        "add image " + image + " to group " + group);
  }

  void createSnapshot(String group, String snapshot) {
    io.check(
        LibRbd.rbd_group_snap_create(io.pointer(), group, snapshot),
        "create snapshot " + snapshot + " of group " + group);
  }

  /** As {@code rbd_snap_list}, but with a {@code size_t}. */
  List<GroupSnapshot> snapshots(String group) {
    return StructList.read(
        SNAPSHOT_BYTES,
        "list snapshots of group " + group,
        (array, count) ->
            io.noted(LibRbd.rbd_group_snap_list(io.pointer(), group, array, SNAPSHOT_BYTES, count)),
        info -> new GroupSnapshot(StructList.text(info, 0), info.getInt(8) == COMPLETE),
        (array, count) -> {
          var _ = LibRbd.rbd_group_snap_list_cleanup(array, SNAPSHOT_BYTES, count);
        });
  }

  void removeSnapshot(String group, String snapshot) {
    io.check(
        LibRbd.rbd_group_snap_remove(io.pointer(), group, snapshot),
        "remove snapshot " + snapshot + " of group " + group);
  }

  void remove(String group) {
    int result = LibRbd.rbd_group_remove(io.pointer(), group);
    if (result != -Errno.ENOENT) {
      io.check(result, "remove group " + group);
    }
  }
}
