package io.cephcsi.cmd;

import static java.util.concurrent.CompletableFuture.supplyAsync;

import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.cephfs.node.CephFsNode;
import io.cephcsi.cephfs.node.ClientUse;
import io.cephcsi.cephfs.node.StagedSubvolume;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.Looks;
import io.cephcsi.cluster.MonitorReach;
import io.cephcsi.csi.CallListener;
import io.cephcsi.csi.Calls;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.LaneUse;
import io.cephcsi.metrics.CallMetrics;
import io.cephcsi.metrics.Metric;
import io.cephcsi.metrics.Metrics;
import io.cephcsi.metrics.MetricsEndpoint;
import io.cephcsi.metrics.Sample;
import io.cephcsi.rbd.controller.RbdController;
import io.cephcsi.rbd.node.RbdNode;
import io.cephcsi.rbd.node.StagedVolume;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** The driver's own metrics: where each value comes from. */
final class DriverMetrics implements AutoCloseable {
  /** How long a scrape waits for what is looked at in the background. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  /** All values of one scrape come from one look. */
  private static final Duration VOLUMES_FRESH = Duration.ofSeconds(1);

  /** Every node of a large cluster asks every monitor. */
  private static final Duration MONITORS_FRESH = Duration.ofSeconds(30);

  private static final Duration MONITOR_PATIENCE = Duration.ofSeconds(1);
  private static final double NANOS = 1e9;

  private final Metrics metrics;
  private final CallMetrics calls;
  private final Looks looks = new Looks(PATIENCE);

  DriverMetrics(String driverName) {
    this.metrics = Metrics.ofDriver(driverName);
    this.calls = new CallMetrics(metrics);
    metrics.showProcess();
    var build = new Sample(List.of(Version.number(), System.getProperty("java.version", "")), 1);
    metrics.show(Metric.BUILD, () -> List.of(build));
  }

  CallListener listener() {
    return calls;
  }

  void showCalls(Calls running) {
    metrics.show(Metric.IN_FLIGHT, () -> Sample.only(running.inFlight()));
    metrics.show(Metric.OLDEST_CALL, () -> Sample.only(seconds(running.oldestAge())));
    showLanes(Metric.LANE_THREADS, running, LaneUse::threads);
    showLanes(Metric.LANE_RUNNING, running, LaneUse::running);
    showLanes(Metric.LANE_WAITING, running, LaneUse::waiting);
  }

  private void showLanes(Metric metric, Calls running, ToDoubleFunction<LaneUse> value) {
    show(metric, running::lanes, lane -> List.of(lane.lane()), value);
  }

  void showConnections(ConnectionPool pool) {
    metrics.show(
        Metric.CONNECTIONS,
        () ->
            List.of(
                new Sample(List.of("lent"), pool.use().lent()),
                new Sample(List.of("idle"), pool.use().idle())));
  }

  void showClusters(ClusterConfigs configs) {
    Supplier<List<MonitorReach>> reach =
        new LastSeen<>(looks, "monitors", MONITORS_FRESH, () -> reach(configs));
    Function<MonitorReach, List<String>> label = cluster -> List.of(cluster.clusterId());
    show(Metric.MONITORS, reach, label, MonitorReach::monitors);
    show(Metric.MONITORS_REACHABLE, reach, label, MonitorReach::reached);
  }

  private static List<MonitorReach> reach(ClusterConfigs configs) {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var asked =
          configs.all().stream()
              .map(
                  cluster -> supplyAsync(() -> MonitorReach.of(cluster, MONITOR_PATIENCE), threads))
              .toList();
      return asked.stream().map(CompletableFuture::join).toList();
    } catch (CsiException.FailedPrecondition e) {
      return List.of(); // no config.json yet, or a broken one, as calls say
    }
  }

  void showController(RbdController controller) {
    metrics.show(
        Metric.BACKGROUND,
        () ->
            List.of(
                new Sample(List.of("purge"), controller.background().purges()),
                new Sample(List.of("flatten"), controller.background().flattens())));
  }

  void showNode(CephFsNode node) {
    metrics.show(Metric.STAGED, () -> Sample.only((double) node.stagedCount()));
    Supplier<List<StagedSubvolume>> staged =
        new LastSeen<>(looks, "volumes", VOLUMES_FRESH, node::staged);
    showSubvolumes(Metric.READ_BYTES, staged, use -> use.readBytes());
    showSubvolumes(Metric.WRITTEN_BYTES, staged, use -> use.writtenBytes());
    showSubvolumes(Metric.READS, staged, use -> use.reads());
    showSubvolumes(Metric.WRITES, staged, use -> use.writes());
    showSubvolumes(Metric.READ_SECONDS, staged, use -> seconds(use.readTime()));
    showSubvolumes(Metric.WRITE_SECONDS, staged, use -> seconds(use.writeTime()));
  }

  void showNode(RbdNode node) {
    Supplier<List<StagedVolume>> staged =
        new LastSeen<>(looks, "volumes", VOLUMES_FRESH, node::staged);
    metrics.show(Metric.STAGED, () -> Sample.only(staged.get().size()));
    showVolumes(Metric.CAPACITY, staged, StagedVolume::sizeBytes);
    showVolumes(Metric.READ_BYTES, staged, v -> v.use().readBytes());
    showVolumes(Metric.WRITTEN_BYTES, staged, v -> v.use().writtenBytes());
    showVolumes(Metric.READS, staged, v -> v.use().reads());
    showVolumes(Metric.WRITES, staged, v -> v.use().writes());
    showVolumes(Metric.READ_SECONDS, staged, v -> seconds(v.use().readTime()));
    showVolumes(Metric.WRITE_SECONDS, staged, v -> seconds(v.use().writeTime()));
    showVolumes(Metric.IO_IN_FLIGHT, staged, v -> v.use().inFlight());
  }

  private void showSubvolumes(
      Metric metric, Supplier<List<StagedSubvolume>> staged, ToDoubleFunction<ClientUse> value) {
    show(
        metric,
        staged,
        v -> List.of(v.volumeId(), v.directory(), v.device()),
        v -> value.applyAsDouble(v.use()));
  }

  private void showVolumes(
      Metric metric, Supplier<List<StagedVolume>> staged, ToDoubleFunction<StagedVolume> value) {
    show(metric, staged, v -> List.of(v.volumeId(), v.image(), v.device().toString()), value);
  }

  private <T> void show(
      Metric metric,
      Supplier<List<T>> things,
      Function<T, List<String>> labels,
      ToDoubleFunction<T> value) {
    metrics.show(
        metric,
        () ->
            things.get().stream()
                .map(thing -> new Sample(labels.apply(thing), value.applyAsDouble(thing)))
                .toList());
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / NANOS;
  }

  MetricsEndpoint serve(Flags flags) throws IOException {
    return MetricsEndpoint.start(MetricsPage.address(flags, flags.driverMetricsPort), metrics);
  }

  @Override
  public void close() {
    looks.close();
  }
}
