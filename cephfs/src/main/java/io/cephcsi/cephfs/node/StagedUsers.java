package io.cephcsi.cephfs.node;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.csi.CsiException;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** As whom a staged volume is mounted again when no call brings that. It is kept in memory only. */
final class StagedUsers {
  private final Map<String, Credentials> ofVolume = new ConcurrentHashMap<>();
  private final KnownUsers users;
  private final MountRecords records;

  StagedUsers(KnownUsers users, MountRecords records) {
    this.users = users;
    this.records = records;
  }

  /** Remembers as whom a volume is staged. */
  void remember(StagePlan plan) {
    ofVolume.put(plan.volumeId(), plan.credentials());
    plan.source().configured().ifPresent(id -> users.remember(id, plan.credentials()));
  }

  void forget(String volumeId) {
    ofVolume.remove(volumeId);
  }

  /**
   * The user of the request's own secrets; else the one that it was staged for, or that ceph-csi
   * has left in its record, or the last one of its cluster.
   *
   * @throws CsiException.FailedPrecondition when none is known
   */
  Credentials of(String volumeId, VolumeSource source, Map<String, String> secrets)
      throws IOException {
    Map<String, String> recorded = records.secrets(volumeId);
    return StageSecret.find(source, secrets)
        .or(() -> Optional.ofNullable(ofVolume.get(volumeId)))
        .or(() -> StageSecret.find(source, recorded))
        .or(() -> source.configured().flatMap(users::find))
        .orElseThrow(() ->
            new CsiException.FailedPrecondition(
                "volume %s is not staged, or the client that had it mounted is gone, and no Ceph user is known to mount it again: delete its pods on this node, so that it is unstaged and staged again, or name a node-publish-secret"
                    .formatted(volumeId)));
  }
}
