package io.cephcsi.e2e;

import java.util.Optional;

/**
 * A row of the CephFS result: an RPC at some number of callers, and the bare command to the manager
 * that it is compared with.
 *
 * @param manager commands to the manager for each call
 * @param monitor commands to the monitor for each call
 * @param bare its prefix and times; empty when there is nothing to compare
 */
public record CephFsBenchCall(
    String rpc,
    int callers,
    BenchTimes driver,
    double manager,
    double monitor,
    Optional<BenchCall.Bare> bare) {
  /** The median beside that of the bare command. */
  Optional<Double> slower() {
    return bare.map(b -> driver.medianMillis() / b.times().medianMillis());
  }

  /** The rate beside that of the bare command. */
  Optional<Double> rate() {
    return bare.map(b -> driver.perSecond() / b.times().perSecond());
  }
}
