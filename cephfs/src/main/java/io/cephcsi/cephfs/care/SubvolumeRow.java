package io.cephcsi.cephfs.care;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A volume of a filesystem in a listing.
 *
 * @param name that Kubernetes' provisioner gave it, which is the PV's
 * @param id as the PV has it for a handle
 * @param group the subvolume's, empty for none
 * @param subvolume empty for a volume that only shows a snapshot
 * @param sizeBytes 0 without a bound, and where neither journal nor manager tells
 * @param usedBytes null unless the manager was asked about each
 * @param clients how many have it mounted; null where nobody tells
 * @param snapshots how many the journal has of it
 * @param createdAt null unless the manager was asked about each
 * @param state empty for a sound one
 */
public record SubvolumeRow(
    String name,
    String id,
    String fileSystem,
    String group,
    String subvolume,
    long sizeBytes,
    @Nullable Long usedBytes,
    @Nullable Integer clients,
    int snapshots,
    @Nullable Instant createdAt,
    String state) {}
