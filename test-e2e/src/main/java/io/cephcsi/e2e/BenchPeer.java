package io.cephcsi.e2e;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the same call of ceph-csi (October 2024) took where it was measured once, on two cores with
 * one OSD in memory and one caller. It is not measured again beside the driver's own figures.
 *
 * @param osdOperations with the purges that belong to it
 * @param medianMillis null where it was not measured
 */
public record BenchPeer(int osdOperations, @Nullable Integer medianMillis) {
  private static final Map<String, BenchPeer> CALLS =
      Map.of(
          "CreateVolume", new BenchPeer(24, null),
          "CreateVolume again", new BenchPeer(17, null),
          "ControllerExpandVolume", new BenchPeer(31, null),
          "DeleteVolume", new BenchPeer(67, null),
          "CreateSnapshot", new BenchPeer(344, 2032),
          "CreateVolume from snapshot", new BenchPeer(354, 109),
          "CreateVolume from volume", new BenchPeer(448, 2022),
          "DeleteSnapshot", new BenchPeer(87, 31),
          "DeleteVolume of a copy", new BenchPeer(195, null),
          "DeleteVolume of a restored", new BenchPeer(148, null));

  /** Empty for more callers than one, and for calls that were not measured. */
  static Optional<BenchPeer> of(String rpc, int callers) {
    return callers == 1 ? Optional.ofNullable(CALLS.get(rpc)) : Optional.empty();
  }

  /** As a table shows it. */
  String text() {
    return medianMillis == null
        ? Integer.toString(osdOperations)
        : String.format(Locale.ROOT, "%d, %d ms", osdOperations, medianMillis);
  }
}
