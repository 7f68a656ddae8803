package io.cephcsi.e2e;

import java.util.List;

/**
 * A row of the result: an RPC at some number of callers, and the bare calls of librbd, or of a
 * shell, that it is compared with, of which the first does what the caller waits for.
 *
 * @param driver its operations are, for DeleteVolume, those of the purge too
 */
public record BenchCall(String rpc, int callers, BenchTimes driver, List<Bare> bare) {
  /** A function of librbd by itself, or commands. */
  public record Bare(String call, BenchTimes times) {}

  public BenchCall {
    bare = List.copyOf(bare);
  }
}
