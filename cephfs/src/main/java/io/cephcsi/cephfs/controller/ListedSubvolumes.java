package io.cephcsi.cephfs.controller;

import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.journal.VolumeEntry;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Which subvolumes there are, for one listing: each filesystem's are asked for once. */
final class ListedSubvolumes {
  private final Map<OpenFileSystem, Set<String>> names = new HashMap<>();

  /** Whether a volume has what it needs; one that shows a snapshot has no subvolume. */
  boolean has(OpenFileSystem opened, VolumeEntry entry) {
    return !entry.backingSnapshotId().isEmpty()
        || names.computeIfAbsent(opened, fs -> fs.subvolumes().names()).contains(entry.imageName());
  }
}
