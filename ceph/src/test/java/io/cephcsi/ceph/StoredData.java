package io.cephcsi.ceph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of an image in a {@link MemoryCluster}, or of a snapshot of it, in pages that are
 * replaced and never changed. A missing page is what the parent has there.
 */
final class StoredData {
  private static final int PAGE = 4096;

  private final NavigableMap<Long, byte[]> pages;
  private final Optional<StoredSnapshot> origin;
  private final long overlapBytes;

  /**
   * @param origin what it is a clone of
   */
  StoredData(Optional<StoredSnapshot> origin) {
    this(new TreeMap<>(), origin, origin.map(StoredSnapshot::sizeBytes).orElse(0L));
  }

  private StoredData(
      NavigableMap<Long, byte[]> pages, Optional<StoredSnapshot> origin, long overlapBytes) {
    this.pages = pages;
    this.origin = origin;
    this.overlapBytes = overlapBytes;
  }

  /** As it is now. */
  StoredData copy() {
    return new StoredData(new TreeMap<>(pages), origin, overlapBytes);
  }

  /** Whether it is a clone of that. */
  boolean isOf(StoredSnapshot parent) {
    return origin.filter(parent::equals).isPresent();
  }

  long overlapBytes() {
    return overlapBytes;
  }

  /** Cuts at the size; what the parent has behind it is never seen again. */
  StoredData resized(long sizeBytes) {
    var kept = new TreeMap<>(pages.headMap((sizeBytes + PAGE - 1) / PAGE, false));
    return new StoredData(kept, origin, Math.min(overlapBytes, sizeBytes));
  }

  /** With a copy of what the parent has. */
  StoredData flattened() {
    return flattened(Optional.empty());
  }

  /** The same, that still passes for a clone of that. */
  StoredData flattened(Optional<StoredSnapshot> parent) {
    var flat = new StoredData(new TreeMap<>(pages), parent, parent.isPresent() ? overlapBytes : 0);
    for (long number : stored()) {
      byte[] page = page(number);
      if (number * PAGE < overlapBytes && !Arrays.equals(page, new byte[PAGE])) {
        flat.pages.putIfAbsent(number, page);
      }
    }
    return flat;
  }

  /** The pages that it or a parent has; all others are zeros. */
  private Set<Long> stored() {
    var numbers = new TreeSet<>(pages.keySet());
    origin.ifPresent(o -> numbers.addAll(o.data().stored()));
    return numbers;
  }

  void read(long offset, byte[] into) {
    for (int i = 0; i < into.length; ) {
      long at = offset + i;
      int inPage = (int) (at % PAGE);
      int length = Math.min(PAGE - inPage, into.length - i);
      System.arraycopy(page(at / PAGE), inPage, into, i, length);
      i += length;
    }
  }

  void write(long offset, byte[] data) {
    for (int i = 0; i < data.length; ) {
      long at = offset + i;
      int inPage = (int) (at % PAGE);
      int length = Math.min(PAGE - inPage, data.length - i);
      byte[] page = page(at / PAGE).clone();
      System.arraycopy(data, i, page, inPage, length);
      pages.put(at / PAGE, page);
      i += length;
    }
  }

  private byte[] page(long number) {
    byte[] own = pages.get(number);
    if (own != null) {
      return own;
    }
    byte[] page = new byte[PAGE];
    long overlap = Math.min(PAGE, overlapBytes - number * PAGE);
    if (overlap > 0) {
      byte[] inherited = new byte[(int) overlap];
      origin.ifPresent(o -> o.data().read(number * PAGE, inherited));
      System.arraycopy(inherited, 0, page, 0, inherited.length);
    }
    return page;
  }

  Extents allocated(long offset, long length) {
    List<Extent> own = new ArrayList<>();
    pages.keySet().forEach(number -> own.add(new Extent(number * PAGE, PAGE)));
    return new Extents(own).within(Extents.of(offset, length));
  }

  Extents touched(StoredData other, Extents within) {
    List<Extent> touched = new ArrayList<>();
    for (Extent extent : within.all()) {
      for (long number = extent.offset() / PAGE; number * PAGE < extent.end(); number++) {
        if (!same(pages.get(number), other.pages.get(number))) {
          touched.add(new Extent(number * PAGE, PAGE));
        }
      }
    }
    return new Extents(touched).within(within);
  }

  /** Written is another array, also with the same bytes. */
  @SuppressWarnings({"ArrayEquals", "ArrayHashCode"})
  private static boolean same(byte @Nullable [] one, byte @Nullable [] other) {
    return Objects.equals(one, other);
  }
}
