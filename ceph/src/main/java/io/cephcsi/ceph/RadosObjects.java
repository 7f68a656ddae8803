package io.cephcsi.ceph;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Objects that are changed only as they were read; each method is one operation. */
final class RadosObjects {
  /** What RADOS says of an object that has another version than the asserted one, or is gone. */
  private static final List<Integer> CHANGED =
      List.of(-Errno.ERANGE, -Errno.EOVERFLOW, -Errno.ENOENT);

  private final IoContext io;

  RadosObjects(IoContext io) {
    this.io = io;
  }

  Optional<VersionedObject> read(String object, int most, Set<String> keys) {
    try (var read = new ObjectRead(most, keys)) {
      return read.read(io, object);
    }
  }

  boolean create(
      String object, String attribute, byte[] value, byte[] data, Map<String, String> entries) {
    try (var operation = new WriteOperation()) {
      int result =
          operation
              .createExclusive()
              .setAttribute(attribute, value)
              .set(entries)
              .write(data)
              .operate(io, object);
      return unless(List.of(-Errno.EEXIST), result, "create object " + object);
    }
  }

  boolean replace(
      String object, long version, byte[] data, Map<String, String> set, Set<String> removed) {
    try (var operation = new WriteOperation()) {
      int result =
          operation
              .assertVersion(version)
              .write(data)
              .set(set)
              .removeKeys(removed)
              .operate(io, object);
      return unless(CHANGED, result, "replace object " + object);
    }
  }

  boolean remove(String object, long version) {
    try (var operation = new WriteOperation()) {
      int result = operation.assertVersion(version).remove().operate(io, object);
      return unless(CHANGED, result, "remove object " + object);
    }
  }

  /** Whether it succeeded; false for the results that are answers. */
  private boolean unless(List<Integer> answers, int result, String action) {
    if (answers.contains(result)) {
      return false;
    }
    io.check(result, action);
    return true;
  }
}
