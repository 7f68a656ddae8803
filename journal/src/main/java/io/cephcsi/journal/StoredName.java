package io.cephcsi.journal;

import java.util.OptionalLong;

/**
 * A name in a directory as it is stored, readable or not.
 *
 * @param directory the object that it is in
 * @param value leads to the name's UUID
 */
public record StoredName(JournalKind kind, String directory, String name, String value) {
  /** The name's key in the directory. */
  public String key() {
    return kind.key(name);
  }

  /** Whether the value has the form that drivers read. */
  public boolean readable() {
    return Directory.readable(value);
  }

  /** The UUID that it leads to; any text when it is not readable. */
  public String uuid() {
    return Directory.uuidIn(value);
  }

  /** The pool of the UUID's object; empty for the directory's own. */
  public OptionalLong poolId() {
    return Directory.poolIn(value);
  }
}
