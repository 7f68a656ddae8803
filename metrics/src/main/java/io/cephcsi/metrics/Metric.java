package io.cephcsi.metrics;

import java.util.List;

/** All metrics of ours: name, type and labels as Prometheus sees them. */
public enum Metric {
  LIVENESS(
      Kind.GAUGE, "csi_liveness", "Whether the driver answered the last Probe in time: 1 or 0."),

  OPERATIONS(
      Kind.HISTOGRAM,
      "csi_plugin_operations_seconds",
      "Time from a call's arrival to its outcome, by gRPC code.",
      "method_name",
      "grpc_status_code"),
  PHASES(
      Kind.HISTOGRAM,
      "cephcsi_phase_seconds",
      "Time that calls spend in connect, journal, image, map, mkfs, fsck, mount, grow and mgr.",
      "method_name",
      "phase"),
  IN_FLIGHT(Kind.GAUGE, "cephcsi_calls_in_flight", "Calls that run or wait for a thread just now."),
  OLDEST_CALL(
      Kind.GAUGE,
      "cephcsi_oldest_call_age_seconds",
      "Age of the oldest call that has no outcome yet; 0 when there is none."),
  JOINED(
      Kind.COUNTER,
      "cephcsi_calls_joined_total",
      "Repeated requests that joined the running call and got its outcome.",
      "method_name"),
  REFUSED(
      Kind.COUNTER,
      "cephcsi_calls_refused_total",
      "Calls that were not begun: queue_full or stopping.",
      "method_name",
      "reason"),

  LANE_THREADS(
      Kind.GAUGE,
      "cephcsi_lane_threads",
      "Calls of a cluster, on CephFS nodes of a filesystem of it, that can run at a time; health questions have a lane of their own.",
      "cluster"),
  LANE_RUNNING(
      Kind.GAUGE,
      "cephcsi_lane_calls_running",
      "Calls of a cluster that have a thread.",
      "cluster"),
  LANE_WAITING(
      Kind.GAUGE,
      "cephcsi_lane_calls_waiting",
      "Calls of a cluster that wait for a thread.",
      "cluster"),

  CONNECTIONS(Kind.GAUGE, "cephcsi_connections", "Connections to clusters: lent or idle.", "state"),
  MONITORS(
      Kind.GAUGE, "cephcsi_cluster_monitors", "Monitors of a cluster in config.json.", "cluster"),
  MONITORS_REACHABLE(
      Kind.GAUGE,
      "cephcsi_cluster_monitors_reachable",
      "Monitors of a cluster that answered with Ceph's banner when last looked at.",
      "cluster"),
  BACKGROUND(
      Kind.GAUGE,
      "cephcsi_background_pending",
      "Images to be worked on behind the calls: purge or flatten.",
      "work"),

  STAGED(Kind.GAUGE, "cephcsi_volumes_staged", "Volumes that are staged on this node."),
  CAPACITY(
      Kind.GAUGE,
      "cephcsi_volume_capacity_bytes",
      "Size of a staged volume's device.",
      Volume.LABELS),
  READ_BYTES(
      Kind.COUNTER,
      "cephcsi_volume_read_bytes_total",
      "Bytes read from a staged volume.",
      Volume.LABELS),
  WRITTEN_BYTES(
      Kind.COUNTER,
      "cephcsi_volume_written_bytes_total",
      "Bytes written to a staged volume.",
      Volume.LABELS),
  READS(
      Kind.COUNTER,
      "cephcsi_volume_reads_total",
      "Reads of a staged volume that were done.",
      Volume.LABELS),
  WRITES(
      Kind.COUNTER,
      "cephcsi_volume_writes_total",
      "Writes to a staged volume that were done.",
      Volume.LABELS),
  READ_SECONDS(
      Kind.COUNTER,
      "cephcsi_volume_read_seconds_total",
      "Time that those reads took, all together.",
      Volume.LABELS),
  WRITE_SECONDS(
      Kind.COUNTER,
      "cephcsi_volume_write_seconds_total",
      "Time that those writes took, all together.",
      Volume.LABELS),
  IO_IN_FLIGHT(
      Kind.GAUGE,
      "cephcsi_volume_io_in_flight",
      "Reads and writes that a staged volume's device has not answered yet.",
      Volume.LABELS),

  BUILD(Kind.GAUGE, "cephcsi_build_info", "Always 1.", "version", "java");

  /** A metric's type. */
  public enum Kind {
    GAUGE,
    COUNTER,
    HISTOGRAM
  }

  private static final class Volume {
    static final String[] LABELS = {"volume_id", "image", "device"};
  }

  private final Kind kind;
  private final String text;
  private final String help;

  @SuppressWarnings("ImmutableEnumChecker") // a list of List.of is immutable
  private final List<String> labels;

  Metric(Kind kind, String text, String help, String... labels) {
    this.kind = kind;
    this.text = text;
    this.help = help;
    this.labels = List.of(labels);
  }

  public Kind kind() {
    return kind;
  }

  /** Its name in Prometheus. */
  public String text() {
    return text;
  }

  public String help() {
    return help;
  }

  /** Names, without those that all metrics of a process have. */
  public List<String> labels() {
    return labels;
  }
}
