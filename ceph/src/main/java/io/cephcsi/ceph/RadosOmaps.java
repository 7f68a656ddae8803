package io.cephcsi.ceph;

import com.sun.jna.Memory;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** The omaps in a pool and namespace; each method is one operation. */
final class RadosOmaps implements OmapStore {
  private final IoContext io;

  RadosOmaps(IoContext io) {
    this.io = io;
  }

  @Override
  public Map<String, String> get(String object, Set<String> keys) {
    try (var read = OmapRead.ofKeys(keys)) {
      return read.entries(io, object);
    }
  }

  @Override
  public SortedMap<String, String> list(String object, String after, int most) {
    try (var read = OmapRead.ofPage(after, most)) {
      return read.entries(io, object);
    }
  }

  @Override
  public boolean create(String object, Map<String, String> entries) {
    try (var operation = new WriteOperation()) {
      int result = operation.createExclusive().set(entries).operate(io, object);
      return unless(Errno.EEXIST, result, "create object " + object);
    }
  }

  @Override
  public boolean update(String object, Map<String, String> entries) {
    try (var operation = new WriteOperation()) {
      int result = operation.assertExists().set(entries).operate(io, object);
      return updated(object, result);
    }
  }

  @Override
  public CompletableFuture<Boolean> updateAsync(String object, Map<String, String> entries) {
    try (var operation = new WriteOperation()) {
      return operation
          .assertExists()
          .set(entries)
          .operateAsync(io, object)
          .thenApply(result -> updated(object, result));
    }
  }

  private boolean updated(String object, int result) {
    return unless(Errno.ENOENT, result, "update object " + object);
  }

  @Override
  public boolean compareAndPut(String object, String key, String expected, String value) {
    try (var operation = new WriteOperation()) {
      // A comparison on a missing object fails with ENOENT, so it is made first; if the comparison
      // fails then, it is not made.
      int result =
          operation
              .createIfMissing()
              .compare(key, expected)
              .set(Map.of(key, value))
              .operate(io, object);
      return unless(Errno.ECANCELED, result, "put " + key + " into object " + object);
    }
  }

  @Override
  public boolean compareAndUpdate(
      String object, Map<String, String> expected, Map<String, String> set, Set<String> removed) {
    try (var operation = new WriteOperation()) {
      operation.assertExists();
      expected.forEach(operation::compare);
      int result = operation.set(set).removeKeys(removed).operate(io, object);
      return result != -Errno.ENOENT
          && unless(Errno.ECANCELED, result, "compare and update object " + object);
    }
  }

  @Override
  public boolean compareAndRemoveKey(String object, String key, String expected) {
    if (expected.isEmpty()) {
      throw new IllegalArgumentException("a missing key cannot be removed");
    }
    try (var operation = new WriteOperation()) {
      int result = operation.compare(key, expected).removeKeys(Set.of(key)).operate(io, object);
      return result != -Errno.ENOENT
          && unless(Errno.ECANCELED, result, "remove " + key + " from object " + object);
    }
  }

  @Override
  public void removeKeys(String object, Set<String> keys) {
    try (var operation = new WriteOperation()) {
      int result = operation.removeKeys(keys).operate(io, object);
      var _ = unless(Errno.ENOENT, result, "remove keys from object " + object);
    }
  }

  @Override
  public Optional<Instant> changedAt(String object) {
    try (var out = new Memory(2L * Long.BYTES)) {
      int result = LibRados.rados_stat(io.pointer(), object, out, out.share(Long.BYTES));
      return unless(Errno.ENOENT, result, "look at object " + object)
          ? Optional.of(Instant.ofEpochSecond(out.getLong(Long.BYTES)))
          : Optional.empty();
    }
  }

  @Override
  public void forEachObject(Consumer<String> name) {
    try (var objects = new ObjectList(io)) {
      for (String next = objects.next(); !next.isEmpty(); next = objects.next()) {
        name.accept(next);
      }
    }
  }

  @Override
  public void remove(String object) {
    int result = LibRados.rados_remove(io.pointer(), object);
    var _ = unless(Errno.ENOENT, result, "remove object " + object);
  }

  /** Whether it succeeded; false for the one errno that is an answer. */
  private boolean unless(int errno, int result, String action) {
    if (result == -errno) {
      return false;
    }
    io.check(result, action);
    return true;
  }
}
