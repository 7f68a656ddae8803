package io.cephcsi.cephfs;

import static io.cephcsi.ceph.Errno.EAGAIN;
import static io.cephcsi.ceph.Errno.ENOENT;
import static io.cephcsi.ceph.Errno.EPERM;
import static io.cephcsi.ceph.Errno.ESTALE;

import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.ceph.CephException;
import io.cephcsi.csi.CsiException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Sets of subvolumes that the metadata servers keep all clients from changing, by the manager's
 * {@code fs quiesce}; each method is one command. None waits: while a command waits, the manager
 * carries out no other.
 */
public final class QuiesceSets {
  private static final String COMMAND = "fs quiesce";

  /** What a set that is not there, not quiesced any more, or was changed by others answers with. */
  private static final Set<Integer> OVER = Set.of(EPERM, ENOENT, ESTALE);

  private final Subvolumes subvolumes;

  QuiesceSets(Subvolumes subvolumes) {
    this.subvolumes = subvolumes;
  }

  /**
   * Begins to quiesce these subvolumes, also by a set that ended or that a killed driver left.
   *
   * @param timeout until all clients must have stopped
   * @param expiration how long they stop at most
   * @return empty when one of the subvolumes is not there
   * @throws CsiException.Unimplemented when this Ceph cannot
   * @throws CsiException.Aborted when one of them is a clone that is not complete
   */
  public Optional<QuiesceSet> begin(
      String id, List<String> names, Duration timeout, Duration expiration) {
    String group = subvolumes.group();
    var request =
        request(id)
            .with(
                "members", names.stream().map(n -> group.isEmpty() ? n : group + "/" + n).toList())
            .with("timeout", (double) timeout.toSeconds())
            .with("expiration", (double) expiration.toSeconds())
            .with("reset", true);
    try {
      return set(id, subvolumes.send(request));
    } catch (CephException e) {
      if (Subvolumes.unknownCommand(e)) {
        var _ = subvolumes.groups(); // a manager that is still starting knows no command at all
        throw new CsiException.Unimplemented(
            "snapshots of several CephFS volumes at one moment need Ceph 19 or newer, whose manager has fs quiesce: take a snapshot of each volume, or upgrade the cluster");
      }
      if (e.errno() == EAGAIN) {
        throw new CsiException.Aborted(
            "one of the subvolumes %s is a clone that is not complete, ask again: %s"
                .formatted(names, e.getMessage()));
      }
      return subvolumes.absent(e);
    }
  }

  /** A set as it is; empty when there is none of that id. */
  public Optional<QuiesceSet> find(String id) {
    try {
      return set(id, subvolumes.send(request(id).with("query", true)));
    } catch (CephException e) {
      return subvolumes.absent(e);
    }
  }

  /**
   * Begins to let the clients go on.
   *
   * @param version that the set must still have
   * @return false when it has not, or is quiesced no more
   */
  public boolean release(String id, long version) {
    try {
      var _ = subvolumes.send(request(id).with("release", true).with("if_version", version));
      return true;
    } catch (CephException e) {
      return goneOn(e);
    }
  }

  /** Lets the clients go on at once; a set that ended or is not there is no error. */
  public void cancel(String id) {
    try {
      var _ = subvolumes.send(request(id).with("cancel", true));
    } catch (CephException e) {
      var _ = goneOn(e);
    }
  }

  private boolean goneOn(CephException e) {
    if (OVER.contains(e.errno()) && !subvolumes.fileSystemMissing(e)) {
      return false;
    }
    throw subvolumes.told(e);
  }

  private ManagerRequest request(String id) {
    return subvolumes.ofFileSystem(COMMAND).with("set_id", id);
  }

  private static Optional<QuiesceSet> set(String id, String answer) {
    JsonNode set = Subvolumes.json(answer).path("sets").path(id);
    return set.isMissingNode()
        ? Optional.empty()
        : Optional.of(
            new QuiesceSet(set.path("state").path("name").asText(), set.path("version").asLong()));
  }
}
