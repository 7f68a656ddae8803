package io.cephcsi.cluster;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.CsiException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The Ceph user for calls that CSI gives no secrets (ListVolumes, GetCapacity,
 * ControllerGetVolume): the one of the last call with secrets for that cluster, kept in memory
 * only; before there was one, the first user of the keyring file, or of a cluster that was lost
 * that of one that mirrors it.
 */
public final class KnownUsers {
  private final Map<String, Credentials> lastOfCluster = new ConcurrentHashMap<>();
  private final Path keyring;
  private final Function<String, List<String>> replacements;

  /**
   * @param keyring normally {@code /etc/ceph/keyring}; it may be missing or empty
   * @param replacements the clusters that have what a lost one had
   */
  public KnownUsers(Path keyring, Function<String, List<String>> replacements) {
    this.keyring = keyring;
    this.replacements = replacements;
  }

  /** Where no cluster is mirrored. */
  public KnownUsers(Path keyring) {
    this(keyring, _ -> List.of());
  }

  /** Remembers the user that just worked on the cluster. */
  public void remember(String clusterId, Credentials credentials) {
    lastOfCluster.put(clusterId, credentials);
  }

  /**
   * The user to take.
   *
   * @throws CsiException.FailedPrecondition when none is known yet
   */
  public Credentials of(String clusterId) {
    return find(clusterId)
        .orElseThrow(() ->
            new CsiException.FailedPrecondition(
                "no Ceph user known for cluster %s yet: this call carries no secrets; put a user into %s, or wait for a call with secrets"
                    .formatted(clusterId, keyring)));
  }

  /** As {@link #of}, empty when none is known. */
  public Optional<Credentials> find(String clusterId) {
    return Optional.ofNullable(lastOfCluster.get(clusterId))
        .or(this::fromKeyring)
        .or(() -> ofReplacement(clusterId));
  }

  private Optional<Credentials> ofReplacement(String clusterId) {
    return replacements.apply(clusterId).stream()
        .flatMap(other -> Optional.ofNullable(lastOfCluster.get(other)).stream())
        .findFirst();
  }

  private Optional<Credentials> fromKeyring() {
    if (!Files.isReadable(keyring)) {
      return Optional.empty();
    }
    try {
      return Keyring.users(Files.readString(keyring)).stream().findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
