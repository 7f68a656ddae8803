package io.cephcsi.ceph;

import io.cephcsi.ceph.LibRados.ReadOperationPointer;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** What the object {@code rbd_directory}, the list of a pool's images, says of some of them. */
final class RbdDirectory {
  private static final String OBJECT = "rbd_directory";

  private static final int ID_BYTES = 256;

  private final IoContext io;

  RbdDirectory(IoContext io) {
    this.io = io;
  }

  /** Class method {@code dir_get_id} of each, in one operation; missing ones are left out. */
  Map<String, String> ids(Collection<String> images) {
    Map<String, String> ids = new HashMap<>();
    Map<String, ClassReply> replies = new HashMap<>();
    ReadOperationPointer operation = LibRados.rados_create_read_op();
    try {
      for (String image : images) {
        var reply = new ClassReply(ID_BYTES);
        replies.put(image, reply);
        reply.of(operation, "dir_get_id", CephEncoding.bytes(image));
        LibRados.rados_read_op_set_flags(operation, LibRados.OPERATION_MAY_FAIL);
      }
      int result = LibRados.rados_read_op_operate(operation, io.pointer(), OBJECT, 0);
      if (result == -Errno.ENOENT) {
        return ids; // the pool never had an image
      }
      io.check(result, "read ids of images " + images);
      replies.forEach((image, reply) -> {
        if (reply.isThere()) {
          ids.put(image, CephEncoding.text(reply.bytes()));
        }
      });
      return ids;
    } finally {
      replies.values().forEach(ClassReply::close);
      LibRados.rados_release_read_op(operation);
    }
  }
}
