package io.cephcsi.cephfs;

/** How far the clone of a snapshot is. */
public sealed interface CloneState {
  /** All data is there. */
  record Complete() implements CloneState {}

  /**
   * The manager copies it, or will.
   *
   * @param progress in words
   */
  record Running(String progress, CloneSource source) implements CloneState {}

  /**
   * It will never be complete: failed, canceled, or in a state that is not known.
   *
   * @param reason in words
   */
  record Broken(String reason, CloneSource source) implements CloneState {}
}
