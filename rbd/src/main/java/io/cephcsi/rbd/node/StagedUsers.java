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
   * @param shared whether other nodes may write to it at the same time; not where that is not known
   */
  record Told(Credentials credentials, Map<String, String> context, boolean shared) {
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

  /** These, and the others where these do not know. */
  default StagedUsers or(StagedUsers others) {
    return id -> find(id).or(() -> others.find(id));
  }

  /** The last user of the volume's cluster, or that of the keyring file. */
  static StagedUsers known(KnownUsers users) {
    return id ->
        VolumeId.of(id)
            .flatMap(volume -> users.find(volume.clusterId()))
            .map(user -> new Told(user, Map.of(), false));
  }
}
