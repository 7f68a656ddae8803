package io.cephcsi.ceph;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A group of images in a {@link MemoryCluster}. */
final class StoredGroup {
  private final String name;
  private final Set<StoredImage> members = new LinkedHashSet<>();
  private final Set<StoredImage> touched = new LinkedHashSet<>();
  private final Set<String> snapshots = new TreeSet<>();

  StoredGroup(String name) {
    this.name = name;
  }

  void add(StoredImage image) {
    if (!image.join(this)) {
      throw new CephException(Errno.EEXIST, "add image " + image.id() + " to group " + name);
    }
    members.add(image);
  }

  void createSnapshot(String snapshot) {
    if (!snapshots.add(snapshot)) {
      throw new CephException(Errno.EEXIST, "create snapshot " + snapshot + " of group " + name);
    }
    members.forEach(image -> image.createGroupSnapshot(nameOn(name, snapshot)));
    touched.addAll(members);
  }

  List<GroupSnapshot> snapshots() {
    return snapshots.stream().map(s -> new GroupSnapshot(s, true)).toList();
  }

  void removeSnapshot(String snapshot) {
    if (!snapshots.remove(snapshot)) {
      throw new CephException(Errno.ENOENT, "remove snapshot " + snapshot + " of group " + name);
    }
    touched.forEach(image -> image.removeGroupSnapshot(nameOn(name, snapshot)));
  }

  void remove() {
    List.copyOf(snapshots).forEach(this::removeSnapshot);
    members.forEach(StoredImage::leaveGroup);
  }

  /** What a group's snapshot is called on a member. */
  static String nameOn(String group, String snapshot) {
    return ".group." + group + "_" + snapshot;
  }
}
