package io.cephcsi.cluster;

import csi.v1.NodeGetStorageHealthRequest;
import csi.v1.NodeGetStorageHealthResponse;
import csi.v1.NodeGetStorageHealthResponse.StorageBackendHealth;
import csi.v1.StorageHealthErrorType;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.Call;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Tells which configured clusters cannot be reached from this node, or are not well, within two
 * seconds. Clusters for which no user is known are left out.
 */
public record NodeGetStorageHealth(
    ClusterConfigs configs, MonitorLooks monitors, KnownUsers users, Looks looks)
    implements Call<NodeGetStorageHealthRequest, NodeGetStorageHealthResponse> {
  /** Warnings of Ceph's that volumes feel. */
  private static final Set<String> FELT =
      Set.of(
          "MON_DOWN",
          "OSD_DOWN",
          "OSD_FULL",
          "PG_AVAILABILITY",
          "PG_DEGRADED",
          "POOL_FULL",
          "SLOW_OPS");

  /** Something wrong with a cluster; one kind is told once for all clusters, as CSI wants. */
  private record Problem(StorageHealthErrorType status, String reason, String message) {}

  /** A look at a cluster that is going on. */
  private record Looking(ClusterConfig config, Look<ClusterHealth> look) {}

  @Override
  public NodeGetStorageHealthResponse answer(NodeGetStorageHealthRequest request) {
    long until = looks.deadline();
    List<Looking> begun =
        configs.all().stream()
            .filter(config -> !config.monitors().isEmpty())
            .flatMap(config -> begin(config, request, until).stream())
            .toList();
    return told(begun.stream().flatMap(looking -> problems(looking, until)).toList());
  }

  private Optional<Looking> begin(
      ClusterConfig config, NodeGetStorageHealthRequest request, long until) {
    return user(config, request)
        .map(user -> new Looking(config, monitors.begin(config, user, until)));
  }

  /** The secrets do not say of which cluster they are, unless there is only one. */
  private Optional<Credentials> user(ClusterConfig config, NodeGetStorageHealthRequest request) {
    boolean given = !request.getSecretsMap().isEmpty() && configs.all().size() == 1;
    return given
        ? Optional.of(Secrets.credentials(request.getSecretsMap()))
        : users.find(config.clusterId());
  }

  private static Stream<Problem> problems(Looking looking, long until) {
    try {
      return looking
          .look()
          .await(until)
          .map(health -> checks(looking.config(), health))
          .orElseGet(() -> Stream.of(silent(looking)));
    } catch (CephException e) {
      return Stream.of(
          new Problem(
              StorageHealthErrorType.STORAGE_UNREACHABLE,
              "ClusterRefuses",
              "cluster %s: %s; see the user's key and its %s"
                  .formatted(looking.config().clusterId(), e.getMessage(), e.daemon().caps())));
    }
  }

  private static Problem silent(Looking looking) {
    return new Problem(
        StorageHealthErrorType.STORAGE_UNREACHABLE,
        "MonitorsNotAnswering",
        MonitorLooks.silent(looking.config(), looking.look()));
  }

  private static Stream<Problem> checks(ClusterConfig config, ClusterHealth health) {
    return health.checks().stream()
        .filter(check -> check.severeForVolumes() || FELT.contains(check.code()))
        .map(check ->
            new Problem(
                StorageHealthErrorType.STORAGE_DEGRADED,
                camelCase(check.code()),
                "cluster %s: %s; see ceph health detail"
                    .formatted(config.clusterId(), check.summary())));
  }

  /** {@code PG_AVAILABILITY} as {@code PgAvailability}. */
  private static String camelCase(String code) {
    return Stream.of(code.split("_", -1))
        .filter(word -> !word.isEmpty())
        .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
        .collect(Collectors.joining());
  }

  private static NodeGetStorageHealthResponse told(List<Problem> problems) {
    Map<Problem, String> messages = new LinkedHashMap<>();
    for (Problem problem : problems) {
      messages.merge(
          new Problem(problem.status(), problem.reason(), ""),
          problem.message(),
          (one, other) -> one + "; " + other);
    }
    var told = NodeGetStorageHealthResponse.newBuilder();
    messages.forEach((kind, message) ->
        told.addBackendHealth(
            StorageBackendHealth.newBuilder()
                .setStatus(kind.status())
                .setReason(kind.reason())
                .setMessage(message)));
    return told.build();
  }
}
