package io.cephcsi.rbd.controller;

import csi.v1.Snapshot;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Snapshots;
import java.util.Map;
import java.util.Optional;

/** Tells of snapshots that are there. */
record KnownSnapshots(
    Snapshots snapshots, SnapshotImages images, VolumeJournal volumes, KnownUsers users) {
  /** The snapshot of that id; empty when there is none. */
  Optional<Snapshot> find(String text, Map<String, String> secrets) {
    Optional<VolumeId> id = VolumeId.of(text);
    if (id.isEmpty()) {
      return Optional.empty();
    }
    Credentials credentials =
        secrets.isEmpty() ? users.of(id.get().clusterId()) : Secrets.credentials(secrets);
    var found = snapshots.open(id.get(), credentials);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try (var snapshot = found.get()) {
      return told(snapshot.opened(), snapshot.entry());
    }
  }

  /** As CSI tells it; empty when it is just being made or deleted. */
  Optional<Snapshot> told(OpenPool opened, SnapshotEntry entry) {
    var id = new VolumeId(opened.config().clusterId(), opened.pool().id(), entry.uuid());
    return images
        .find(opened.pool(), entry)
        .map(made -> made.answer(id, sourceId(id, entry), images.ready(opened, made)));
  }

  /** Of ceph-csi's the journal knows the source's image, whose name ends with the volume's UUID. */
  private String sourceId(VolumeId snapshot, SnapshotEntry entry) {
    if (!entry.sourceId().isEmpty()) {
      return entry.sourceId();
    }
    return volumes
        .uuidOf(entry.source())
        .map(uuid -> new VolumeId(snapshot.clusterId(), snapshot.location(), uuid).text())
        .orElse(entry.source());
  }
}
