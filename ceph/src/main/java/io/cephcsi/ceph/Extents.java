package io.cephcsi.ceph;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Stretches of an image: sorted, without overlaps, and none adjoins the next. */
public record Extents(List<Extent> all) {
  public static final Extents NONE = new Extents(List.of());

  public Extents {
    all = merged(all);
  }

  /** One stretch; none for a length of 0 or less. */
  public static Extents of(long offset, long length) {
    return length <= 0 ? NONE : new Extents(List.of(new Extent(offset, length)));
  }

  private static List<Extent> merged(List<Extent> extents) {
    List<Extent> sorted = new ArrayList<>(extents);
    sorted.sort(Comparator.comparingLong(Extent::offset));
    List<Extent> merged = new ArrayList<>();
    for (Extent next : sorted) {
      if (!merged.isEmpty() && next.offset() <= merged.getLast().end()) {
        Extent last = merged.removeLast();
        long end = Math.max(last.end(), next.end());
        merged.add(new Extent(last.offset(), end - last.offset()));
      } else {
        merged.add(next);
      }
    }
    return List.copyOf(merged);
  }

  /** How long all of them are together. */
  public long bytes() {
    return all.stream().mapToLong(Extent::length).sum();
  }

  public boolean isEmpty() {
    return all.isEmpty();
  }

  /** What is in this or in the other. */
  public Extents and(Extents other) {
    List<Extent> both = new ArrayList<>(all);
    both.addAll(other.all);
    return new Extents(both);
  }

  /** What is in this and in the other. */
  public Extents within(Extents other) {
    List<Extent> common = new ArrayList<>();
    int mine = 0;
    int others = 0;
    while (mine < all.size() && others < other.all.size()) {
      Extent a = all.get(mine);
      Extent b = other.all.get(others);
      long from = Math.max(a.offset(), b.offset());
      long end = Math.min(a.end(), b.end());
      if (from < end) {
        common.add(new Extent(from, end - from));
      }
      if (a.end() < b.end()) {
        mine++;
      } else {
        others++;
      }
    }
    return new Extents(common);
  }

  /** What is in this and not in the other. */
  public Extents without(Extents other) {
    List<Extent> rest = new ArrayList<>();
    for (Extent extent : all) {
      long from = extent.offset();
      for (Extent cut : of(extent.offset(), extent.length()).within(other).all) {
        if (from < cut.offset()) {
          rest.add(new Extent(from, cut.offset() - from));
        }
        from = cut.end();
      }
      if (from < extent.end()) {
        rest.add(new Extent(from, extent.end() - from));
      }
    }
    return new Extents(rest);
  }
}
