package io.cephcsi.rbd.care;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.ChildImage;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.ParentLink;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.TrashEntry;
import io.cephcsi.rbd.OpenPool;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An image and what was cloned from it.
 *
 * @param place pool, RADOS namespace if any, and the image's name, divided by slashes
 * @param inTrash whether it waits in the trash for its clones to go
 * @param asked whether it is the one that was asked for
 * @param more how many clones there are besides, which were not looked at
 */
public record CloneTree(
    String place,
    String imageId,
    boolean inTrash,
    boolean asked,
    List<CloneTree> clones,
    int more) {
  /** librbd itself opens no longer chain. */
  private static final int DEEPEST = 64;

  /** How many images are opened at most. */
  private static final int MOST = 200;

  public CloneTree {
    clones = List.copyOf(clones);
  }

  /** The ancestors of an image, itself, and all that was cloned from it. */
  static CloneTree of(OpenPool place, String imageId) {
    Pool pool = place.pool();
    return new Walk(place).around(new ChildImage(pool.id(), pool.namespace(), imageId));
  }

  /** One walk, which lists the names of each pool once. */
  private static final class Walk {
    private final OpenPool place;
    private final Map<String, Map<String, String>> names = new HashMap<>();
    private int opened;

    Walk(OpenPool place) {
      this.place = place;
    }

    CloneTree around(ChildImage asked) {
      CloneTree tree = below(asked, true, 0);
      for (ChildImage ancestor : above(asked)) {
        tree = node(ancestor, false, List.of(tree), 0);
      }
      return tree;
    }

    /** The parent first. */
    private Deque<ChildImage> above(ChildImage image) {
      Deque<ChildImage> ancestors = new ArrayDeque<>();
      Optional<ParentLink> link = parentOf(image);
      while (link.isPresent() && ancestors.size() < DEEPEST) {
        ParentLink parent = link.get();
        ChildImage at = new ChildImage(parent.poolId(), parent.namespace(), parent.imageId());
        ancestors.addLast(at);
        link = parentOf(at, parent.snapshotId());
      }
      return ancestors;
    }

    private Optional<ParentLink> parentOf(ChildImage image) {
      try (Pool pool = open(image)) {
        return pool.imageParent(image.imageId());
      }
    }

    /** Of what is read through it: it may itself be flat by now, and its snapshot not. */
    private Optional<ParentLink> parentOf(ChildImage ancestor, long snapshotId) {
      try (Pool pool = open(ancestor)) {
        return pool.snapshotParent(ancestor.imageId(), snapshotId);
      }
    }

    private CloneTree below(ChildImage image, boolean asked, int depth) {
      List<ChildImage> children = depth < DEEPEST ? children(image) : List.of();
      List<CloneTree> clones = new ArrayList<>();
      int more = 0;
      for (ChildImage child : children) {
        if (opened < MOST) {
          clones.add(below(child, false, depth + 1));
        } else {
          more++;
        }
      }
      return node(image, asked, clones, more);
    }

    private List<ChildImage> children(ChildImage of) {
      opened++;
      List<ChildImage> children = new ArrayList<>();
      try (Pool pool = open(of);
          Image image = pool.openImageByIdReadOnly(of.imageId())) {
        for (ImageSnapshot snapshot : image.snapshots()) {
          image.show(snapshot.id());
          children.addAll(image.children());
        }
      } catch (CephException e) {
        if (e.errno() != Errno.ENOENT) {
          throw e;
        }
      }
      return children;
    }

    private CloneTree node(ChildImage image, boolean asked, List<CloneTree> clones, int more) {
      String pool = place.cluster().poolName(image.poolId()).orElse("pool " + image.poolId());
      String prefix = image.namespace().isEmpty() ? pool : pool + "/" + image.namespace();
      String key = image.poolId() + "/" + image.namespace();
      String name = names.computeIfAbsent(key, _ -> namesById(image)).get(image.imageId());
      if (name == null) {
        return new CloneTree(
            prefix + "/" + trashed(image), image.imageId(), true, asked, clones, more);
      }
      return new CloneTree(prefix + "/" + name, image.imageId(), false, asked, clones, more);
    }

    private Map<String, String> namesById(ChildImage of) {
      Map<String, String> byId = new HashMap<>();
      try (Pool pool = open(of)) {
        pool.images().forEach((name, id) -> byId.put(id, name));
      }
      return byId;
    }

    private String trashed(ChildImage of) {
      try (Pool pool = open(of)) {
        return pool.trashEntry(of.imageId()).map(TrashEntry::name).orElse("id " + of.imageId());
      }
    }

    @SuppressWarnings("MustBeClosedChecker") // each caller closes it
    private Pool open(ChildImage image) {
      return place.cluster().openPool(image.poolId(), image.namespace());
    }
  }
}
