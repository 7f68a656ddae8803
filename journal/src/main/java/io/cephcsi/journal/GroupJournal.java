package io.cephcsi.journal;

import io.cephcsi.ceph.OmapStore;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Remembers in RADOS which group each group name owns and what its members are: the directory
 * {@code csi.groups.<instance>} and an object {@code csi.volume.group.<uuid>} for each, in which
 * every key but {@code csi.…} is a member.
 */
public final class GroupJournal {
  private static final String DEFAULT_GROUP_PREFIX = "csi-vol-group-";

  private static final String REQUEST_NAME = "csi.volname";
  private static final String GROUP_NAME = "csi.groupname";
  private static final String CREATION_TIME = "csi.creationtime";

  /** The time of a group that is not made after all; one that ceph-csi can read. */
  private static final Instant GIVEN_UP = Instant.EPOCH;

  /** No id of a member begins like this. */
  private static final String OWN_PREFIX = "csi.";

  private static final int PAGE = 512;

  /** RFC 3339 as Go writes it: without the zeros at the end of the fraction. */
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd'T'HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .appendOffsetId()
          .toFormatter();

  private final Directory names;

  /**
   * @param instanceId keeps the directories of several drivers in one pool apart
   */
  public GroupJournal(String instanceId, Supplier<UUID> uuids) {
    this.names = new Directory("csi.groups." + instanceId, "csi.volume.group.", Set.of(), uuids);
  }

  /**
   * Finds what the name owns, or makes it own a new UUID: two writes for a new name.
   *
   * @throws JournalConflict when the name leads to another name's object or into another pool, or
   *     its value cannot be read
   */
  public GroupReservation reserve(Stores stores, GroupRequest request) {
    Directory.Held held = names.held(stores, request.name());
    Optional<GroupEntry> entry =
        read(stores.objects(), held.uuid()).filter(e -> !e.requestName().isEmpty());
    if (entry.isPresent()) {
      return found(request.name(), entry.get());
    }
    return names
        .take(stores, held, uuid -> keys(stores, entry(request, uuid)))
        .map(uuid -> fresh(stores, held, entry(request, uuid)))
        .orElseGet(() -> reserve(stores, request)); // now the directory is read
  }

  private GroupReservation found(String name, GroupEntry entry) {
    if (!entry.requestName().equals(name)) {
      throw JournalConflict.otherOwner(name, names.objectOf(entry.uuid()), entry.requestName());
    }
    return new GroupReservation.Found(entry);
  }

  private GroupReservation fresh(Stores stores, Directory.Held before, GroupEntry entry) {
    names.removeIfEmpty(stores.objects(), before.uuid());
    return new GroupReservation.Fresh(entry);
  }

  private static GroupEntry entry(GroupRequest request, String uuid) {
    return new GroupEntry(
        uuid, request.name(), request.groupPrefix() + uuid, request.creationTime(), Map.of());
  }

  private static Map<String, String> keys(Stores stores, GroupEntry entry) {
    Map<String, String> keys = new TreeMap<>(Directory.journalPool(stores));
    keys.put(REQUEST_NAME, entry.requestName());
    keys.put(GROUP_NAME, entry.groupName());
    if (entry.creationTime() != null) {
      keys.put(CREATION_TIME, timeText(entry.creationTime()));
    }
    return keys;
  }

  /**
   * What is known of a UUID; empty when its object is missing or empty. Members are not known
   * beforehand, so this lists: one read for every 512 members, and one that finds the end.
   */
  public Optional<GroupEntry> read(OmapStore objects, String uuid) {
    Map<String, String> keys = uuid.isEmpty() ? Map.of() : all(objects, names.objectOf(uuid));
    return keys.isEmpty() ? Optional.empty() : Optional.of(entry(uuid, keys));
  }

  private static Map<String, String> all(OmapStore objects, String object) {
    var all = new TreeMap<String, String>();
    SortedMap<String, String> page = objects.list(object, "", PAGE);
    while (!page.isEmpty()) {
      all.putAll(page);
      page = objects.list(object, page.lastKey(), PAGE);
    }
    return all;
  }

  private static GroupEntry entry(String uuid, Map<String, String> keys) {
    var members = new TreeMap<>(keys);
    members.keySet().removeIf(key -> key.startsWith(OWN_PREFIX));
    return new GroupEntry(
        uuid,
        keys.getOrDefault(REQUEST_NAME, ""),
        keys.getOrDefault(GROUP_NAME, DEFAULT_GROUP_PREFIX + uuid),
        time(keys.getOrDefault(CREATION_TIME, "")),
        members);
  }

  private static String timeText(Instant time) {
    return TIME.format(time.atOffset(ZoneOffset.UTC));
  }

  private static @Nullable Instant time(String text) {
    try {
      return OffsetDateTime.parse(text, TIME).toInstant();
    } catch (DateTimeException e) {
      return null;
    }
  }

  /**
   * Lets a call go on with a group that is not whole, and that another call makes and may still be
   * at: that one can neither {@link #finish} nor give it up from now on. What tells the makers
   * apart is the time under {@code csi.creationtime}, a key that ceph-csi has too; one of our own
   * would be a member to it.
   *
   * @param entry as it was read
   * @return the maker from now on, which is also the creation time so far; empty when the group was
   *     finished or given up, or another process took it over just now
   */
  public Optional<Instant> takeOver(OmapStore objects, GroupEntry entry) {
    String object = names.objectOf(entry.uuid());
    String stored = objects.get(object, Set.of(CREATION_TIME)).getOrDefault(CREATION_TIME, "");
    Instant maker = Instant.now();
    boolean asRead =
        Objects.equals(time(stored), entry.creationTime())
            && !isGivenUp(entry)
            && !maker.equals(entry.creationTime());
    return asRead && setTime(objects, entry.uuid(), stored, maker)
        ? Optional.of(maker)
        : Optional.empty();
  }

  private boolean setTime(OmapStore objects, String uuid, String stored, Instant time) {
    return objects.compareAndUpdate(
        names.objectOf(uuid),
        Map.of(CREATION_TIME, stored),
        Map.of(CREATION_TIME, timeText(time)),
        Set.of());
  }

  /**
   * Adds all members, and sets when the group was made.
   *
   * @param maker the creation time of a new reservation, or whoever took it over last
   * @return false when it is not this maker's any more, or gone; then nothing is changed
   */
  public boolean finish(
      OmapStore objects, String uuid, Instant maker, Instant made, Map<String, String> members) {
    requireIds(members.keySet());
    Map<String, String> keys = new TreeMap<>(members);
    keys.put(CREATION_TIME, timeText(made));
    return objects.compareAndUpdate(
        names.objectOf(uuid), Map.of(CREATION_TIME, timeText(maker)), keys, Set.of());
  }

  /**
   * Notes that a group is not made after all, so that nobody takes it over before {@link #undo}.
   *
   * @return false when it is not this maker's any more: then it may not be touched
   */
  public boolean giveUp(OmapStore objects, String uuid, Instant maker) {
    return setTime(objects, uuid, timeText(maker), GIVEN_UP);
  }

  /** Whether it was given up; then it gets no more members. */
  public static boolean isGivenUp(GroupEntry entry) {
    return GIVEN_UP.equals(entry.creationTime());
  }

  /** Whether it is still this maker's to finish, by one read. */
  public boolean makes(OmapStore objects, String uuid, Instant maker) {
    String stored =
        objects.get(names.objectOf(uuid), Set.of(CREATION_TIME)).getOrDefault(CREATION_TIME, "");
    return maker.equals(time(stored));
  }

  /**
   * Adds members, or changes their values, and removes others, while the group is made; those that
   * are none are no error.
   *
   * @param maker as {@link #finish} has it
   * @param members by CSI id, as {@link GroupEntry} has them
   * @param removed ids
   * @return false when it is not this maker's any more, or gone; then nothing is changed
   */
  public boolean changeMembers(
      OmapStore objects,
      String uuid,
      Instant maker,
      Map<String, String> members,
      Set<String> removed) {
    requireIds(members.keySet());
    requireIds(removed);
    return objects.compareAndUpdate(
        names.objectOf(uuid), Map.of(CREATION_TIME, timeText(maker)), members, removed);
  }

  private static void requireIds(Set<String> ids) {
    for (String id : ids) {
      if (id.isEmpty() || id.startsWith(OWN_PREFIX)) {
        throw new IllegalArgumentException("\"" + id + "\" is no id of a member");
      }
    }
  }

  /** Frees the name, if it still owns this UUID; as {@link VolumeJournal#forgetName}. */
  public void forgetName(Stores stores, GroupEntry entry) {
    names.forgetName(stores, entry.requestName(), entry.uuid());
  }

  /** Removes the UUID's object with the members; nothing is known of it any more. */
  public void forgetObject(OmapStore objects, String uuid) {
    names.forgetObject(objects, uuid);
  }

  /** Forgets a reservation whose group is gone or was never made; safe to repeat. */
  public void undo(Stores stores, GroupEntry entry) {
    forgetName(stores, entry);
    forgetObject(stores.objects(), entry.uuid());
  }

  /** A page of the directory in the order of names, behind {@code afterName}; empty at its end. */
  public List<NamedUuid> page(OmapStore store, String afterName, int most) {
    return names.page(store, afterName, most);
  }
}
