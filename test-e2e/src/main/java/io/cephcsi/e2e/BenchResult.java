package io.cephcsi.e2e;

import java.util.List;

/**
 * All that one run has measured.
 *
 * @param listingMillis how long {@code cephcsi volumes ls} takes for all volumes, its start
 *     included
 */
public record BenchResult(Start start, Memory memory, double listingMillis, List<BenchCall> calls) {
  /** Milliseconds from the start of the process to the first answered Probe. */
  public record Start(int starts, double minMillis, double medianMillis) {}

  /**
   * The driver's memory in RAM, in MB of 2^20 bytes.
   *
   * @param idle after the first Probes, without a connection
   * @param connected after the first volume
   * @param afterVolumes after {@code volumes} more volumes were made and listed
   * @param atEnd after all calls of this run
   */
  public record Memory(
      double idle, double connected, int volumes, double afterVolumes, double atEnd) {}
}
