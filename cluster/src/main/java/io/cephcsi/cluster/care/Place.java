package io.cephcsi.cluster.care;

import io.cephcsi.journal.JournalKind;

/**
 * Where something is in the journal: what a UUID stands for, or, without one, a name.
 *
 * @param uuid empty for a name that leads to no UUID
 * @param name empty where a UUID says it
 */
public record Place(JournalKind kind, String uuid, String directory, String name) {
  /** What a UUID stands for. */
  public static Place of(JournalKind kind, String uuid) {
    return new Place(kind, uuid, "", "");
  }
}
