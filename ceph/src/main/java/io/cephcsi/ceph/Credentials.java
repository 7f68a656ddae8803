package io.cephcsi.ceph;

/**
 * Who connects to a cluster. The key stays in memory and never shows in {@link #toString}.
 *
 * @param user the user's id without {@code client.}, for instance {@code admin}
 * @param key the user's key, base64 as in a keyring
 */
public record Credentials(String user, String key) {
  @Override
  public String toString() {
    return "client." + user;
  }
}
