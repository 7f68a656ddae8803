package io.cephcsi.rbd.node;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.csi.VolumeId;
import java.util.Map;
import java.util.Optional;

/** Whom a staged volume was staged for, when no call brings that. */
public interface StagedUsers {
  /**
   * What NodeStageVolume was told.
   *
   * @param context the class's parameters, empty when they are not known
   */
  record Told(Credentials credentials, Map<String, String> context) {
    public Told {
      context = Map.copyOf(context);
    }
  }

  /**
   * Empty when it is not known.
   *
   * @throws io.cephcsi.csi.CsiException.FailedPrecondition when the volume is not this node's any
   *     more
   */
  Optional<Told> find(String volumeId);

  /** Whether other nodes may write to the volume at the same time; not where that is not known. */
  default boolean shared(String volumeId) {
    return false;
  }

  /** These, and the others where these do not know. */
  default StagedUsers or(StagedUsers others) {
    StagedUsers these = this;
    return new StagedUsers() {
      @Override
      public Optional<Told> find(String volumeId) {
        return these.find(volumeId).or(() -> others.find(volumeId));
      }

      @Override
      public boolean shared(String volumeId) {
        return these.shared(volumeId) || others.shared(volumeId);
      }
    };
  }

  /** The last user of the volume's cluster, or that of the keyring file. */
  static StagedUsers known(KnownUsers users) {
    return id ->
        VolumeId.of(id)
            .flatMap(volume -> users.find(volume.clusterId()))
            .map(user -> new Told(user, Map.of()));
  }
}
