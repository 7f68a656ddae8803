package io.cephcsi.ceph;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The omaps of the objects in one pool and namespace: small sorted maps of text. Every method is
 * one RADOS operation, atomic for its object.
 */
public interface OmapStore {
  /** The values of those of the keys that are there; empty when the object is missing. */
  Map<String, String> get(String object, Set<String> keys);

  /**
   * A page of entries in the order of their keys.
   *
   * @param after the page starts behind this key; empty for the first page
   * @param most how many at most; a shorter page may still not be the last one, an empty one is
   */
  SortedMap<String, String> list(String object, String after, int most);

  /**
   * Makes the object with these entries, in one operation.
   *
   * @return false when the object exists already; it is then unchanged
   */
  boolean create(String object, Map<String, String> entries);

  /**
   * Sets entries of an existing object.
   *
   * @return false when the object is missing; it is then not made
   */
  boolean update(String object, Map<String, String> entries);

  /**
   * Starts an {@link #update} and does not wait for it, so that it can go on beside another call.
   * Closing the pool waits for it.
   *
   * @return gets what {@link #update} gives, or its {@link CephException}; what follows it runs on
   *     a thread of its own
   */
  CompletableFuture<Boolean> updateAsync(String object, Map<String, String> entries);

  /**
   * Sets one entry if it has the expected value now; makes the object when it is missing.
   *
   * @param expected the value now; empty for "the key is missing"
   * @return false when the value is another one; nothing is changed then
   */
  boolean compareAndPut(String object, String key, String expected, String value);

  /**
   * Sets and removes entries of an existing object if others have the expected values now.
   *
   * @param expected values now; empty for "the key is missing"
   * @return false when a value is another one, or the object is missing; nothing is changed then
   */
  boolean compareAndUpdate(
      String object, Map<String, String> expected, Map<String, String> set, Set<String> removed);

  /**
   * Removes one entry if it has the expected value now.
   *
   * @return false when the value is another one, or the key or the object is missing
   */
  boolean compareAndRemoveKey(String object, String key, String expected);

  /** Removes entries; keys or an object that are missing are no error. */
  void removeKeys(String object, Set<String> keys);

  /**
   * When the object was last written, to the second; empty when it is missing. C: {@code
   * rados_stat}.
   */
  Optional<Instant> changedAt(String object);

  /**
   * Names every object of the pool's namespace, those with data among them: takes long in a large
   * pool. What is made or removed meanwhile may be named or not. C: {@code rados_nobjects_list}.
   */
  void forEachObject(Consumer<String> name);

  /** Removes the object; a missing one is no error. */
  void remove(String object);
}
