package io.cephcsi.rbd.controller;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.Json;
import io.cephcsi.cluster.ListToken;
import io.cephcsi.csi.CsiException;
import io.cephcsi.journal.NamedUuid;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Pools;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Lists what the journals of all configured clusters know, a page at a time, in the order of
 * config.json, pool ids and names. A token names the last entry of the page before, so that pages
 * stay right while entries come and go.
 */
record Listing(Pools pools, ClusterConfigs configs, Function<String, Credentials> users) {
  /** A page when the caller sets no bound: gRPC takes at most 4 MiB an answer. */
  private static final int LONGEST_PAGE = 5000;

  /** The same with another user where none is known. */
  Listing orAs(Credentials credentials) {
    return new Listing(pools, configs, clusterId -> known(clusterId).orElse(credentials));
  }

  private Optional<Credentials> known(String clusterId) {
    try {
      return Optional.of(users.apply(clusterId));
    } catch (CsiException.FailedPrecondition e) {
      return Optional.empty();
    }
  }

  /** Reads a page of a directory behind a name. */
  interface Directory {
    List<NamedUuid> page(OpenPool opened, String afterName, int most);
  }

  /** Makes an entry of the answer; none for what is just being made or deleted. */
  interface Entries<E> {
    Optional<E> of(OpenPool opened, NamedUuid named);
  }

  /**
   * @param nextToken empty at the end
   */
  record Page<E>(List<E> entries, String nextToken) {}

  /** A pool in the order of the listing. */
  private record Place(ClusterConfig cluster, long poolId) {}

  /**
   * @throws CsiException.InvalidArgument when the bound is negative
   * @throws CsiException.Aborted when the token is none of ours
   */
  <E> Page<E> page(String token, int maxEntries, Directory directory, Entries<E> maker) {
    if (maxEntries < 0) {
      throw new CsiException.InvalidArgument("max_entries %d is negative".formatted(maxEntries));
    }
    ListToken from = ListToken.of(token);
    int most = maxEntries == 0 ? LONGEST_PAGE : Math.min(maxEntries, LONGEST_PAGE);
    List<E> entries = new ArrayList<>();
    for (Place place : places(from)) {
      ListToken start = from.in(place.cluster().clusterId(), place.poolId());
      Optional<ListToken> more = fill(entries, most, place, start, directory, maker);
      if (more.isPresent()) {
        return new Page<>(entries, more.get().text());
      }
    }
    return new Page<>(entries, "");
  }

  /** The pools from the token's on. */
  private List<Place> places(ListToken from) {
    List<Place> all = new ArrayList<>();
    configs.all().forEach(config -> poolIds(config).forEach(id -> all.add(new Place(config, id))));
    if (from.first()) {
      return all;
    }
    for (int i = 0; i < all.size(); i++) {
      if (from.isIn(all.get(i).cluster().clusterId(), all.get(i).poolId())) {
        return all.subList(i, all.size());
      }
    }
    throw ListToken.unknown(from.text());
  }

  private List<Long> poolIds(ClusterConfig config) {
    try (Cluster cluster = pools.lend(config, users.apply(config.clusterId()))) {
      String command = "{\"prefix\":\"osd pool ls\",\"detail\":\"detail\",\"format\":\"json\"}";
      List<Long> ids = new ArrayList<>();
      for (JsonNode pool : Json.MAPPER.readTree(cluster.monitorCommand(command))) {
        if (pool.path("application_metadata").has("rbd")) {
          ids.add(pool.path("pool_id").asLong(pool.path("pool").asLong()));
        }
      }
      return ids;
    } catch (JsonProcessingException e) {
      throw new CsiException.Unavailable("the monitor's list of pools is not JSON", e);
    }
  }

  /** Adds the pool's entries behind the token; a token when the page is full before their end. */
  private <E> Optional<ListToken> fill(
      List<E> entries,
      int most,
      Place place,
      ListToken from,
      Directory directory,
      Entries<E> maker) {
    String clusterId = place.cluster().clusterId();
    var opened = pools.open(clusterId, place.poolId(), users.apply(clusterId));
    if (opened.isEmpty()) {
      return Optional.empty();
    }
    try (OpenPool pool = opened.get()) {
      return fill(entries, most, pool, from, directory, maker);
    }
  }

  private static <E> Optional<ListToken> fill(
      List<E> entries,
      int most,
      OpenPool opened,
      ListToken from,
      Directory directory,
      Entries<E> maker) {
    String clusterId = opened.config().clusterId();
    ListToken last = from;
    while (true) {
      int room = most - entries.size();
      List<NamedUuid> names = directory.page(opened, last.name(), Math.min(room, 500) + 1);
      if (names.isEmpty()) {
        return Optional.empty();
      }
      for (NamedUuid named : names) {
        if (entries.size() == most) {
          return Optional.of(last);
        }
        maker.of(opened, named).ifPresent(entries::add);
        last = new ListToken(clusterId, opened.pool().id(), named.name());
      }
    }
  }
}
