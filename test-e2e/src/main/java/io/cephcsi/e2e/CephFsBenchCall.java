package io.cephcsi.e2e;

import java.util.List;
import java.util.Optional;

/**
 * A row of the CephFS result: an RPC at some number of callers, and the bare commands to the
 * manager beside it.
 *
 * @param manager commands to the manager for each call
 * @param monitor commands to the monitor for each call
 * @param bare the first is what it is compared with; none when there is nothing to compare
 */
public record CephFsBenchCall(
    String rpc,
    int callers,
    BenchTimes driver,
    double manager,
    double monitor,
    List<BenchCall.Bare> bare) {
  public CephFsBenchCall {
    bare = List.copyOf(bare);
  }

  /** The median beside that of the bare command. */
  Optional<Double> slower() {
    return bare.stream().findFirst().map(b -> driver.medianMillis() / b.times().medianMillis());
  }

  /** The rate beside that of the bare command. */
  Optional<Double> rate() {
    return bare.stream().findFirst().map(b -> driver.perSecond() / b.times().perSecond());
  }
}
