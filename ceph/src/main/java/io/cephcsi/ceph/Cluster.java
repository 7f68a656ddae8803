package io.cephcsi.ceph;

import com.google.errorprone.annotations.MustBeClosed;
import java.time.Duration;
import java.util.Optional;

/**
 * A lent connection to one Ceph cluster; the block that lent it closes it. Usable from several
 * threads.
 */
public interface Cluster extends AutoCloseable {
  /** The cluster's fsid, a UUID in text form. C: {@code rados_cluster_fsid}. */
  String fsid();

  /** This client's own addresses, as the OSDs see them, for instance in a watcher list. */
  String clientAddresses();

  /** A pool's id by its name; empty when there is no such pool. No round trip for a known pool. */
  Optional<Long> poolId(String name);

  /** A pool's name by its id; empty when there is no such pool. No round trip for a known pool. */
  Optional<String> poolName(long id);

  /**
   * Opens a pool.
   *
   * @param namespace the RADOS namespace, empty for the default one; it is not looked up
   * @throws CephException ENOENT when there is no such pool
   */
  @MustBeClosed
  Pool openPool(String name, String namespace);

  /** As {@link #openPool(String, String)}, by the pool's id. */
  @MustBeClosed
  Pool openPool(long id, String namespace);

  /**
   * Runs a manager command and waits for the answer, at most {@code timeout}, and not longer than
   * the connection's settings allow. C: {@code rados_mgr_command}.
   *
   * @param json the command, {@code {"prefix":"…","format":"json",…}}
   * @return the answer's body
   * @throws CephException the command's errno; ETIMEDOUT when no answer came in time, and the
   *     command may still be carried out
   */
  default String managerCommand(String json, Duration timeout) {
    return managerCommand(json, timeout, () -> {});
  }

  /**
   * As the other one, for who can find out why there is no answer.
   *
   * @param whileSilent runs in this thread after each few seconds without an answer; what it throws
   *     ends the waiting
   */
  String managerCommand(String json, Duration timeout, Runnable whileSilent);

  /** Runs a monitor command and waits for the answer. C: {@code rados_mon_command}. */
  String monitorCommand(String json);

  /**
   * Runs a command of a metadata server and waits for the answer, for ever if none comes. C: {@code
   * ceph_mds_command}, of libcephfs.
   *
   * @param server {@code <filesystem>:<rank>}
   * @throws CephException the command's errno; EOPNOTSUPP without libcephfs
   */
  String metadataServerCommand(String server, String json);

  /** Gives the connection back. */
  @Override
  void close();
}
