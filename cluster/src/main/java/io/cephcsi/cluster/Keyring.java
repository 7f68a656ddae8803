package io.cephcsi.cluster;

import io.cephcsi.ceph.Credentials;
import java.util.List;
import java.util.regex.Pattern;

/** Ceph's files of users and their keys. */
public final class Keyring {
  private static final Pattern USER =
      Pattern.compile("\\[client\\.([^\\]]+)\\][^\\[]*?key\\s*=\\s*(\\S+)");

  private Keyring() {}

  /** The users in a keyring's text, in its order; none where it is no keyring. */
  public static List<Credentials> users(String text) {
    return USER.matcher(text)
        .results()
        .map(user -> new Credentials(user.group(1), user.group(2)))
        .toList();
  }
}
