package io.cephcsi.cephfs.controller;

import csi.v1.Snapshot;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Snapshots;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.VolumeJournal;
import java.util.Map;
import java.util.Optional;

/** Tells of snapshots that are there. */
record KnownSnapshots(Snapshots snapshots, VolumeJournal volumes, KnownUsers users) {
  /** The snapshot of that id; empty when there is none. */
  Optional<Snapshot> find(String text, Map<String, String> secrets) {
    Optional<VolumeId> id = VolumeId.of(text);
    if (id.isEmpty()) {
      return Optional.empty();
    }
    Credentials credentials =
        secrets.isEmpty() ? users.of(id.get().clusterId()) : Secrets.admin(secrets);
    var found = snapshots.open(id.get(), credentials);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try (var snapshot = found.get()) {
      return told(id.get(), snapshot.opened(), snapshot.entry());
    }
  }

  /** As CSI tells it; empty when it is just being made, or was deleted. */
  Optional<Snapshot> told(OpenFileSystem opened, SnapshotEntry entry) {
    return told(
        new VolumeId(opened.config().clusterId(), opened.location(), entry.uuid()), opened, entry);
  }

  /** By the id that the caller has: of a snapshot that was found in a mirror, not the mirror's. */
  private Optional<Snapshot> told(VolumeId id, OpenFileSystem opened, SnapshotEntry entry) {
    return entry.discarded()
        ? Optional.empty()
        : Cuts.find(opened.subvolumes(), entry).map(made -> made.answer(id, sourceId(id, entry)));
  }

  /** Of ceph-csi's the journal knows the source's subvolume, whose name ends with a UUID. */
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
