package io.cephcsi.csi;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Threads for blocking work, some for each lane. A lane is a cluster: when one hangs, its calls use
 * up only its own threads. Platform threads, since native calls would pin virtual ones.
 */
final class Lanes implements AutoCloseable {
  /** Lane names come from requests; past this many, the rest share one lane. */
  private static final int MOST = 64;

  private final ConcurrentHashMap<String, Lane> lanes = new ConcurrentHashMap<>();
  private final CallSettings settings;

  Lanes(CallSettings settings) {
    this.settings = settings;
  }

  /**
   * Runs the work on a thread of the lane, soon.
   *
   * @throws CsiException.ResourceExhausted when the lane's queue is full, or has no thread
   */
  void run(String lane, Runnable work) {
    String name = lanes.size() < MOST || lanes.containsKey(lane) ? lane : "others";
    lanes.computeIfAbsent(name, this::open).execute(work);
  }

  List<LaneUse> use() {
    return lanes.values().stream().map(Lane::use).toList();
  }

  private Lane open(String name) {
    return new Lane(name, settings);
  }

  @Override
  public void close() {
    lanes.values().forEach(Lane::close);
  }
}
