package io.cephcsi.ceph;

import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What is in a {@link MemoryCluster}'s pool, by namespace. */
final class StoredPool {
  private final String name;
  private final long id;
  private final Set<String> namespaces = new HashSet<>(Set.of(""));
  private final Map<String, Content> contents = new HashMap<>();

  StoredPool(String name, long id) {
    this.name = name;
    this.id = id;
  }

  String name() {
    return name;
  }

  long id() {
    return id;
  }

  void addNamespace(String namespace) {
    namespaces.add(namespace);
  }

  /** Whether images can be made in it; objects can always. */
  boolean hasNamespace(String namespace) {
    return namespaces.contains(namespace);
  }

  Stream<ChildImage> children(StoredSnapshot snapshot) {
    return contents.entrySet().stream()
        .flatMap(e ->
            e.getValue().images.values().stream()
                .filter(image -> image.origin().filter(snapshot::equals).isPresent())
                .map(image -> new ChildImage(id, e.getKey(), image.id())));
  }

  Content content(String namespace) {
    return contents.computeIfAbsent(namespace, _ -> new Content());
  }

  /** The names of all objects, in whatever namespace. */
  List<String> objectsOfAll() {
    return contents.values().stream().flatMap(c -> c.objects.keySet().stream()).toList();
  }

  /** What is in one namespace. */
  static final class Content {
    /** Omaps by object. */
    final TreeMap<String, TreeMap<String, String>> objects = new TreeMap<>();

    /** Objects that were made with data and an attribute. */
    final TreeMap<String, VersionedObject> versioned = new TreeMap<>();

    /** When objects were written last. */
    final Map<String, Instant> changed = new HashMap<>();

    /** All images by id, those in the trash too. */
    final TreeMap<String, StoredImage> images = new TreeMap<>();

    /** Ids by name, without those in the trash. */
    final TreeMap<String, String> names = new TreeMap<>();

    /** Groups by name. */
    final TreeMap<String, StoredGroup> groups = new TreeMap<>();

    /** The trash by image id. */
    final TreeMap<String, Discarded> trash = new TreeMap<>();
  }

  /** An image in the trash and until when it is kept there. */
  record Discarded(TrashEntry entry, Instant keepUntil) {}
}
