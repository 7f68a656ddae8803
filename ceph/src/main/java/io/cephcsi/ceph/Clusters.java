package io.cephcsi.ceph;

import com.google.errorprone.annotations.MustBeClosed;

/** Connections to Ceph clusters, shared by all calls. */
public interface Clusters extends AutoCloseable {
  /**
   * Lends the connection for these monitors and this user; connects first if there is none. Blocks
   * until connected, at most for the configured mount timeout. Closing the lent cluster gives it
   * back; the connection itself stays for the next call and ends after some idle time, or with its
   * last user once the cluster has its client in the blocklist.
   *
   * @param monitors addresses as in {@code mon_host}, separated by commas; empty for those of the
   *     configuration file, whose keyring counts too when the credentials have no key
   * @throws CephException EACCES or EPERM for a wrong user or key, ENOENT for an unknown user,
   *     ETIMEDOUT when no monitor answers
   */
  @MustBeClosed
  Cluster lend(String monitors, Credentials credentials);

  /** Closes the idle connections at once and the lent ones when they come back. */
  @Override
  void close();
}
