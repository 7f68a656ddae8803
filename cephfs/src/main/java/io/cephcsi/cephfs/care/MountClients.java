package io.cephcsi.cephfs.care;

import io.cephcsi.cephfs.OpenFileSystem;
import java.util.List;

/**
 * Who has a directory of a filesystem mounted, or one below it, as its metadata server tells.
 *
 * @param all in the order of their addresses
 * @param untold why nobody tells; empty when somebody does
 */
public record MountClients(List<Client> all, String untold) {
  /** Of what cannot be mounted. */
  public static final MountClients NONE = new MountClients(List.of(), "");

  /**
   * A client.
   *
   * @param node as its machine calls itself
   */
  public record Client(String address, String node) {}

  public MountClients {
    all = List.copyOf(all);
  }

  /** Asks for them, and waits for at most five seconds. */
  public static MountClients of(OpenFileSystem opened, String directory) {
    return MountSessions.of(opened).below(directory);
  }
}
