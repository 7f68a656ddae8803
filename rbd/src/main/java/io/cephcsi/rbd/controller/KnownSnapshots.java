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
      return told(id.get(), snapshot.opened(), snapshot.entry());
    }
  }

  /** As CSI tells it; empty when it is just being made or deleted. */
  Optional<Snapshot> told(OpenPool opened, SnapshotEntry entry) {
    return told(
        new VolumeId(opened.config().clusterId(), opened.pool().id(), entry.uuid()), opened, entry);
  }

  /** By the id that the caller has: of a snapshot that was found in a mirror, not the mirror's. */
  private Optional<Snapshot> told(VolumeId id, OpenPool opened, SnapshotEntry entry) {
    Optional<SnapshotImages.Made> found = images.find(opened.pool(), entry);
    if (found.isPresent() && entry.unfinished()) {
      images.finishLater(opened, entry); // what follows CreateSnapshot's answer was cut off
    }
    return found.map(made -> made.answer(id, sourceId(id, entry), images.ready(opened, made)));
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
