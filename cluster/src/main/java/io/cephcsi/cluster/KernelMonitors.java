package io.cephcsi.cluster;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A cluster's monitors as the kernel's clients take them: one protocol, no names.
 *
 * @param list separated by commas
 * @param options what has to be among the options so that the kernel can speak to them
 */
public record KernelMonitors(String list, List<String> options) {
  public KernelMonitors {
    options = List.copyOf(options);
  }

  /**
   * Chooses those that speak the protocol that the options ask for, v1 unless these name another
   * {@code ms_mode}; all of them when none does.
   */
  public static KernelMonitors of(String monitors, List<String> wished) {
    boolean second =
        wished.stream().anyMatch(o -> o.startsWith("ms_mode=") && !o.equals("ms_mode=legacy"));
    List<Monitors> all = Monitors.of(monitors);
    List<Monitors> fitting = all.stream().filter(m -> m.secondProtocol() == second).toList();
    List<Monitors> used = fitting.isEmpty() ? all : fitting;
    return new KernelMonitors(
        used.stream()
            .flatMap(m -> m.resolved().stream())
            .map(Monitors::text)
            .collect(Collectors.joining(",")),
        // kernels speak protocol v2 only when told so
        !second && fitting.isEmpty() ? List.of("ms_mode=prefer-crc") : List.of());
  }
}
