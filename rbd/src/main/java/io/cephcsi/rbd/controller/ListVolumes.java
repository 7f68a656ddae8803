package io.cephcsi.rbd.controller;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import csi.v1.ListVolumesRequest;
import csi.v1.ListVolumesResponse;
import csi.v1.ListVolumesResponse.Entry;
import csi.v1.ListVolumesResponse.VolumeStatus;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.NamedUuid;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.ClusterConfig;
import io.cephcsi.rbd.ClusterConfigs;
import io.cephcsi.rbd.Json;
import io.cephcsi.rbd.KnownUsers;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Pools;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lists the volumes of all configured clusters, a page at a time, in the order of config.json, pool
 * ids and names. A token names the last volume of the page before, so that pages stay right while
 * volumes come and go.
 */
record ListVolumes(Pools pools, ClusterConfigs configs, KnownUsers users, VolumeJournal journal)
    implements Call<ListVolumesRequest, ListVolumesResponse> {
  /** A page when the caller sets no bound: gRPC takes at most 4 MiB an answer. */
  private static final int LONGEST_PAGE = 5000;

  /** A pool in the order of the listing. */
  private record Place(ClusterConfig cluster, long poolId) {}

  @Override
  public ListVolumesResponse answer(ListVolumesRequest request) {
    if (request.getMaxEntries() < 0) {
      throw new CsiException.InvalidArgument(
          "max_entries %d is negative".formatted(request.getMaxEntries()));
    }
    ListToken from = ListToken.of(request.getStartingToken());
    int asked = request.getMaxEntries();
    int most = asked == 0 ? LONGEST_PAGE : Math.min(asked, LONGEST_PAGE);
    return page(from, most);
  }

  private ListVolumesResponse page(ListToken from, int most) {
    var answer = ListVolumesResponse.newBuilder();
    List<Place> places = places(from);
    for (int i = 0; i < places.size(); i++) {
      Place place = places.get(i);
      ListToken start = from.in(place.cluster().clusterId(), place.poolId());
      Optional<ListToken> more = fill(answer, place, start, most);
      if (more.isPresent()) {
        return answer.setNextToken(more.get().text()).build();
      }
    }
    return answer.build();
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
    try (Cluster cluster = pools.lend(config, users.of(config.clusterId()))) {
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

  /** Adds the pool's volumes behind the token; a token when the page is full before their end. */
  private Optional<ListToken> fill(
      ListVolumesResponse.Builder answer, Place place, ListToken from, int most) {
    String clusterId = place.cluster().clusterId();
    var opened = pools.open(clusterId, place.poolId(), users.of(clusterId));
    if (opened.isEmpty()) {
      return Optional.empty();
    }
    try (OpenPool pool = opened.get()) {
      return fill(answer, pool, from, most);
    }
  }

  private Optional<ListToken> fill(
      ListVolumesResponse.Builder answer, OpenPool opened, ListToken from, int most) {
    String clusterId = opened.config().clusterId();
    ListToken last = from;
    while (true) {
      int room = most - answer.getEntriesCount();
      List<NamedUuid> names = journal.page(opened.pool(), last.name(), Math.min(room, 500) + 1);
      if (names.isEmpty()) {
        return Optional.empty();
      }
      for (NamedUuid named : names) {
        if (answer.getEntriesCount() == most) {
          return Optional.of(last);
        }
        entry(clusterId, opened.pool(), named).ifPresent(answer::addEntries);
        last = new ListToken(clusterId, opened.pool().id(), named.name());
      }
    }
  }

  /** The volume; empty when it is just being made or deleted. */
  private Optional<Entry> entry(String clusterId, Pool pool, NamedUuid named) {
    return journal
        .read(pool, named.uuid())
        .filter(e -> !e.imageId().isEmpty())
        .flatMap(e -> pool.imageHeader(e.imageId()))
        .map(header -> entry(new VolumeId(clusterId, pool.id(), named.uuid()), header));
  }

  private static Entry entry(VolumeId id, ImageHeader header) {
    return Entry.newBuilder()
        .setVolume(
            csi.v1.Volume.newBuilder().setVolumeId(id.text()).setCapacityBytes(header.sizeBytes()))
        .setStatus(VolumeStatus.getDefaultInstance())
        .build();
  }
}
