package io.cephcsi.rbd.controller;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import csi.v1.Topology;
import csi.v1.TopologyRequirement;
import io.cephcsi.cluster.Json;
import io.cephcsi.csi.CsiException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * A pool of the class parameter {@code topologyConstrainedPools}, and where its volumes can be
 * used.
 *
 * @param dataPool of its images; empty for the pool itself
 * @param domains the values of topology labels without their prefixes; empty means everywhere
 */
record TopologyPool(String pool, String dataPool, Map<String, String> domains) {
  TopologyPool {
    domains = Map.copyOf(domains);
  }

  /**
   * Reads the parameter.
   *
   * @throws CsiException.InvalidArgument when it is not JSON of the right shape
   */
  static List<TopologyPool> of(String parameter) {
    try {
      JsonNode root = Json.MAPPER.readTree(parameter);
      if (!root.isArray() || root.isEmpty()) {
        throw broken("it must be an array of pools");
      }
      List<TopologyPool> pools = new ArrayList<>();
      root.forEach(node -> pools.add(pool(node)));
      return List.copyOf(pools);
    } catch (JsonProcessingException e) {
      throw broken("line %d: %s".formatted(e.getLocation().getLineNr(), e.getOriginalMessage()));
    }
  }

  private static TopologyPool pool(JsonNode node) {
    Map<String, String> domains = new TreeMap<>();
    for (JsonNode segment : node.path("domainSegments")) {
      domains.put(required(segment, "domainLabel"), required(segment, "value"));
    }
    return new TopologyPool(required(node, "poolName"), node.path("dataPool").asText(""), domains);
  }

  private static String required(JsonNode node, String key) {
    JsonNode value = node.path(key);
    if (!value.isTextual() || value.asText().isEmpty()) {
      throw broken("%s is missing in %s".formatted(key, node));
    }
    return value.asText();
  }

  private static CsiException broken(String how) {
    return new CsiException.InvalidArgument(
        "topologyConstrainedPools: %s; correct it in the class".formatted(how));
  }

  /**
   * The pools that fit, the most wanted first: by the requirement's preferred topologies, then by
   * its requisite ones.
   *
   * @throws CsiException.ResourceExhausted when none fits
   */
  static List<TopologyPool> fitting(List<TopologyPool> pools, TopologyRequirement requirement) {
    Set<TopologyPool> fitting = new LinkedHashSet<>();
    for (Topology topology : wanted(requirement)) {
      pools.stream().filter(pool -> pool.isIn(topology)).forEach(fitting::add);
    }
    if (fitting.isEmpty()) {
      throw new CsiException.ResourceExhausted(
          "no pool of topologyConstrainedPools is in any of the topologies %s: add one for them to the class"
              .formatted(wanted(requirement).stream().map(Topology::getSegmentsMap).toList()));
    }
    return List.copyOf(fitting);
  }

  private static List<Topology> wanted(TopologyRequirement requirement) {
    List<Topology> topologies = new ArrayList<>(requirement.getPreferredList());
    topologies.addAll(requirement.getRequisiteList());
    return topologies;
  }

  boolean isIn(Topology topology) {
    Map<String, String> values = new TreeMap<>();
    topology.getSegmentsMap().forEach((key, value) -> values.put(label(key), value));
    return domains.entrySet().stream()
        .allMatch(domain -> Objects.equals(values.get(domain.getKey()), domain.getValue()));
  }

  /** Where its volumes can be used, in the terms of the requirement; empty for everywhere. */
  Map<String, String> segments(TopologyRequirement requirement) {
    Map<String, String> segments = new TreeMap<>();
    wanted(requirement).stream()
        .filter(this::isIn)
        .findFirst()
        .ifPresent(topology ->
            topology
                .getSegmentsMap()
                .forEach((key, value) -> {
                  if (domains.containsKey(label(key))) {
                    segments.put(key, value);
                  }
                }));
    return segments;
  }

  /** A segment's key is the driver's prefix, a slash and the label. */
  private static String label(String segmentKey) {
    return segmentKey.substring(segmentKey.indexOf('/') + 1);
  }
}
