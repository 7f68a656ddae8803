package io.cephcsi.cephfs;

/**
 * What the metadata servers say of a set of subvolumes whose clients are to change nothing for a
 * while.
 *
 * @param state its name
 * @param version rises with each change of the set
 */
public record QuiesceSet(String state, long version) {
  /** Whether it is on its way to what was asked for last. */
  public boolean settling() {
    return state.equals("QUIESCING") || state.equals("RELEASING");
  }

  /** Whether no client changes anything in any of the subvolumes now. */
  public boolean quiesced() {
    return state.equals("QUIESCED");
  }

  /** Whether it was quiesced until its end was asked for. */
  public boolean released() {
    return state.equals("RELEASED");
  }
}
