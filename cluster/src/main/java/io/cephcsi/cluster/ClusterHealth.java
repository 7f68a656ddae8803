package io.cephcsi.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.csi.CsiException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What the monitors say of a cluster; they answer also where OSDs do not. Monitor commands {@code
 * osd pool ls detail} and {@code health detail}.
 *
 * @param pools by their ids
 * @param checks without those that an administrator has muted
 */
public record ClusterHealth(Map<Long, PoolState> pools, List<Check> checks) {
  private static final Pattern PLACEMENT_GROUP = Pattern.compile("^pg (\\d+)\\.\\w+ ");

  /** What a check that names placement groups means to the volumes in their pool. */
  private static final Map<String, String> OF_PLACEMENT_GROUPS =
      Map.of(
          "PG_AVAILABILITY", "PlacementGroupsInactive",
          "PG_DAMAGED", "PlacementGroupsDamaged",
          "OBJECT_UNFOUND", "ObjectsUnfound");

  public ClusterHealth {
    pools = Map.copyOf(pools);
    checks = List.copyOf(checks);
  }

  /**
   * A pool as the monitors see it.
   *
   * @param flags as {@code flags_names} has them
   */
  public record PoolState(String name, Set<String> flags) {}

  /**
   * A health check that does not hold.
   *
   * @param code {@code OSD_DOWN}, say
   * @param severe whether it is an error, not a warning
   * @param details a line each
   */
  public record Check(String code, boolean severe, String summary, List<String> details) {
    /**
     * What Ceph 20 says of keys that older clients can read too, as an error that stays: the driver
     * may need just those, and no volume feels it.
     */
    private static final String OF_KEYS = "AUTH_INSECURE_";

    /** Whether it is an error that volumes may feel. */
    public boolean severeForVolumes() {
      return severe && !code.startsWith(OF_KEYS);
    }
  }

  /** Asks the monitors. */
  public static ClusterHealth of(Cluster cluster) {
    Map<Long, PoolState> pools = new HashMap<>();
    for (JsonNode pool : ask(cluster, "osd pool ls\",\"detail\":\"detail")) {
      pools.put(
          pool.path("pool_id").asLong(pool.path("pool").asLong()),
          new PoolState(
              pool.path("pool_name").asText(),
              Set.of(pool.path("flags_names").asText().split(",", -1))));
    }
    List<Check> checks = new ArrayList<>();
    for (var check : ask(cluster, "health\",\"detail\":\"detail").path("checks").properties()) {
      if (!check.getValue().path("muted").asBoolean()) {
        checks.add(check(check.getKey(), check.getValue()));
      }
    }
    return new ClusterHealth(pools, checks);
  }

  private static Check check(String code, JsonNode check) {
    List<String> details = new ArrayList<>();
    check.path("detail").forEach(line -> details.add(line.path("message").asText()));
    return new Check(
        code,
        check.path("severity").asText().equals("HEALTH_ERR"),
        check.path("summary").path("message").asText(),
        details);
  }

  private static JsonNode ask(Cluster cluster, String command) {
    try {
      return Json.MAPPER.readTree(
          cluster.monitorCommand("{\"prefix\":\"%s\",\"format\":\"json\"}".formatted(command)));
    } catch (JsonProcessingException e) {
      throw new CsiException.Unavailable(
          "the monitors' answer to a question is not JSON: see whether this Ceph is one that is tested (cephcsi preflight)",
          e);
    }
  }

  /** What is wrong with every volume that has data in the pool. */
  public List<HealthProblem> ofPool(long poolId) {
    PoolState pool = pools.get(poolId);
    if (pool == null) {
      return List.of();
    }
    List<HealthProblem> problems = new ArrayList<>();
    full(pool).ifPresent(problems::add);
    for (Check check : checks) {
      String reason = OF_PLACEMENT_GROUPS.get(check.code());
      List<String> groups = groupsOf(check, poolId);
      if (reason != null && !groups.isEmpty()) {
        problems.add(
            HealthProblem.degraded(
                reason,
                "parts of pool %s, and maybe of this volume, are not as they should be (%s: %s): bring back the OSDs that had them, see ceph health detail"
                    .formatted(pool.name(), check.summary(), groups.getFirst())));
      }
    }
    return problems;
  }

  private static Optional<HealthProblem> full(PoolState pool) {
    if (pool.flags().contains("full_quota")) {
      return Optional.of(
          HealthProblem.degraded(
              "PoolQuotaReached",
              "pool %s has reached its quota, so that nothing can be written: raise it (ceph osd pool set-quota) or delete data"
                  .formatted(pool.name())));
    }
    if (pool.flags().contains("full")) {
      return Optional.of(
          HealthProblem.degraded(
              "PoolFull",
              "OSDs of pool %s are full, so that nothing can be written: add OSDs or delete data"
                  .formatted(pool.name())));
    }
    return Optional.empty();
  }

  private static List<String> groupsOf(Check check, long poolId) {
    return check.details().stream().filter(line -> names(line, poolId)).toList();
  }

  private static boolean names(String detail, long poolId) {
    Matcher group = PLACEMENT_GROUP.matcher(detail);
    return group.find() && Long.parseLong(group.group(1)) == poolId;
  }

  /** Whether any pool but this one has problems. */
  public boolean othersTroubled(long poolId) {
    return pools.keySet().stream().anyMatch(id -> id != poolId && !ofPool(id).isEmpty());
  }

  /** All checks in a line, for people. */
  public String summary() {
    return checks.isEmpty()
        ? "the monitors know of no trouble"
        : checks.stream()
            .map(c -> c.code() + " " + c.summary())
            .collect(Collectors.joining(", ", "the monitors say ", ""));
  }
}
