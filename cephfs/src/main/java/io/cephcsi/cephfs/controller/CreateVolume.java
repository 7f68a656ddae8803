package io.cephcsi.cephfs.controller;

import csi.v1.CreateVolumeRequest;
import csi.v1.CreateVolumeResponse;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.NameLocks;

/** Makes a subvolume for a volume name, or finds the one that an earlier call made. */
record CreateVolume(
    FileSystems fileSystems, MadeSubvolumes subvolumes, NameLocks names, KnownUsers users)
    implements Call<CreateVolumeRequest, CreateVolumeResponse> {

  @Override
  public CreateVolumeResponse answer(CreateVolumeRequest request) {
    VolumePlan plan = VolumePlan.of(request);
    try (var _ = names.hold(plan.name());
        OpenFileSystem opened =
            fileSystems.open(plan.clusterId(), plan.parameters().fsName(), plan.credentials())) {
      users.remember(plan.clusterId(), plan.credentials());
      MadeSubvolume made = subvolumes.findOrMake(opened, plan);
      plan.size().requireFits(plan.name(), made.sizeBytes());
      return plan.answer(opened, made);
    }
  }
}
