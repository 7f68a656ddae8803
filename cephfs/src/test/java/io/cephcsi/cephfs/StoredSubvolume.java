package io.cephcsi.cephfs;

import java.time.Instant;
import java.util.TreeMap;
import java.util.UUID;

/** A subvolume of {@link MemoryVolumes}, for a test to look at and to change. */
public final class StoredSubvolume {
  /** A snapshot, with the quota and the name of the directory that the subvolume had then. */
  public static final class Cut {
    final Instant createdAt = Instant.now();
    final String dataPool;
    final long quotaBytes;
    public final int content;
    public final TreeMap<String, String> metadata = new TreeMap<>();

    Cut(StoredSubvolume of) {
      dataPool = of.dataPool;
      quotaBytes = of.quotaBytes;
      content = of.content;
    }
  }

  final Instant createdAt = Instant.now();
  public final TreeMap<String, Cut> snapshots = new TreeMap<>();
  public final TreeMap<String, String> metadata = new TreeMap<>();
  public String dataPool = "";
  public long quotaBytes;
  public long usedBytes;

  /** What a client wrote last. */
  public int content;

  /** {@code complete}, {@code snapshot-retained}, or what clones are in. */
  public String state = "complete";

  /** Made before Ceph could keep snapshots without the subvolume. */
  public boolean withoutRetention;

  /** The manager stopped in the middle of making it. */
  public boolean halfMade;

  /** How often the state is asked for until a clone goes on. */
  int looksLeft;

  boolean clone;
  long quotaWhenComplete;
  String sourceSubvolume = "";
  String sourceSnapshot = "";
  String directory = UUID.randomUUID().toString();

  StoredSubvolume() {}

  /** Whether it is a clone whose data is not all there. */
  boolean unfinished() {
    return !state.equals("complete") && !state.equals("snapshot-retained");
  }

  /** Whether the manager still works on it. */
  boolean running() {
    return state.equals("pending") || state.equals("in-progress");
  }

  /** A look at a running clone, which goes on by that. */
  void goOn() {
    if (running() && --looksLeft < 0) {
      state = "complete";
      quotaBytes = quotaWhenComplete;
    }
  }
}
