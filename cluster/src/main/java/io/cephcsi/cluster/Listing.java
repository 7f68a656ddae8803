package io.cephcsi.cluster;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.CsiException;
import io.cephcsi.journal.NamedUuid;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Lists what the journals of all configured clusters know, a page at a time, in the order of
 * config.json, places and names. A token names the last entry of the page before, so that pages
 * stay right while entries come and go.
 */
public record Listing<O extends Opened>(
    Places<O> places,
    ClusterConfigs configs,
    Function<String, Credentials> users,
    DeniedPlaces denied) {
  /** A page when the caller sets no bound: gRPC takes at most 4 MiB an answer. */
  private static final int LONGEST_PAGE = 5000;

  /**
   * @param users the user of each cluster
   */
  public Listing(Places<O> places, ClusterConfigs configs, Function<String, Credentials> users) {
    this(places, configs, users, new DeniedPlaces());
  }

  /** Where a cluster's journals are: pools, or filesystems. */
  public interface Places<O extends Opened> {
    /** The ids of all, as {@link Opened#location} has them, in order. */
    List<Long> ids(ClusterConfig config, Credentials credentials);

    /** Opens one; empty when it is gone. Whoever asks closes the answer. */
    Optional<O> open(String clusterId, long id, Credentials credentials);
  }

  /** The same with another user where none is known. */
  public Listing<O> orAs(Credentials credentials) {
    return new Listing<>(
        places, configs, clusterId -> known(clusterId).orElse(credentials), denied);
  }

  private Optional<Credentials> known(String clusterId) {
    try {
      return Optional.of(users.apply(clusterId));
    } catch (CsiException.FailedPrecondition e) {
      return Optional.empty();
    }
  }

  /** Reads a page of a directory behind a name. */
  public interface Directory<O> {
    List<NamedUuid> page(O opened, String afterName, int most);
  }

  /** Makes an entry of the answer; none for what is just being made or deleted. */
  public interface Entries<O, E> {
    Optional<E> of(O opened, NamedUuid named);
  }

  /**
   * A page of the listing.
   *
   * @param nextToken empty at the end
   */
  public record Page<E>(List<E> entries, String nextToken) {}

  /** A place in the order of the listing. */
  private record Place(ClusterConfig cluster, long id) {}

  /**
   * Lists a page. Of places that the user may not read it has nothing: a user's rights often end at
   * the pools that it makes volumes in.
   *
   * @throws CsiException.InvalidArgument when the bound is negative
   * @throws CsiException.Aborted when the token is none of ours
   * @throws CephException EPERM or EACCES when the user may read no place
   */
  public <E> Page<E> page(
      String token, int maxEntries, Directory<O> directory, Entries<O, E> maker) {
    if (maxEntries < 0) {
      throw new CsiException.InvalidArgument(
          "max_entries %d is negative: the caller must correct it".formatted(maxEntries));
    }
    ListToken from = ListToken.of(token);
    int most = maxEntries == 0 ? LONGEST_PAGE : Math.min(maxEntries, LONGEST_PAGE);
    List<E> entries = new ArrayList<>();
    List<CephException> refusals = new ArrayList<>();
    List<Place> all = from(from);
    for (Place place : all) {
      ListToken start = from.in(place.cluster().clusterId(), place.id());
      try {
        Optional<ListToken> more = fill(entries, most, place, start, directory, maker);
        if (more.isPresent()) {
          return new Page<>(entries, more.get().text());
        }
      } catch (CephException e) {
        if (!e.denied()) {
          throw e;
        }
        denied.tell(place.cluster().clusterId(), place.id(), e);
        refusals.add(e);
      }
    }
    if (!all.isEmpty() && refusals.size() == all.size()) {
      throw refusals.getFirst();
    }
    return new Page<>(entries, "");
  }

  /** The places from the token's on. */
  private List<Place> from(ListToken from) {
    List<Place> all = new ArrayList<>();
    for (ClusterConfig config : configs.all()) {
      places
          .ids(config, users.apply(config.clusterId()))
          .forEach(id -> all.add(new Place(config, id)));
    }
    if (from.first()) {
      return all;
    }
    for (int i = 0; i < all.size(); i++) {
      if (from.isIn(all.get(i).cluster().clusterId(), all.get(i).id())) {
        return all.subList(i, all.size());
      }
    }
    throw ListToken.unknown(from.text());
  }

  /** Adds the place's entries behind the token; a token when the page is full before their end. */
  private <E> Optional<ListToken> fill(
      List<E> entries,
      int most,
      Place at,
      ListToken from,
      Directory<O> directory,
      Entries<O, E> maker) {
    String clusterId = at.cluster().clusterId();
    var opened = places.open(clusterId, at.id(), users.apply(clusterId));
    if (opened.isEmpty()) {
      return Optional.empty();
    }
    try (O place = opened.get()) {
      return fill(entries, most, place, from, directory, maker);
    }
  }

  private <E> Optional<ListToken> fill(
      List<E> entries,
      int most,
      O opened,
      ListToken from,
      Directory<O> directory,
      Entries<O, E> maker) {
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
        if (named.isReadable()) {
          maker.of(opened, named).ifPresent(entries::add);
        }
        last = new ListToken(clusterId, opened.location(), named.name());
      }
    }
  }
}
