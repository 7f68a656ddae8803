package io.cephcsi.rbd.controller;

import csi.v1.CreateVolumeRequest;
import csi.v1.CreateVolumeResponse;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Pools;

/** Makes an image for a volume name, or finds the one that an earlier call made. */
record CreateVolume(
    Pools pools, VolumeJournal journal, Images images, NameLocks names, KnownUsers users)
    implements Call<CreateVolumeRequest, CreateVolumeResponse> {

  @Override
  public CreateVolumeResponse answer(CreateVolumeRequest request) {
    VolumePlan asked = VolumePlan.of(request);
    try (var _ = names.hold(asked.name())) {
      return create(placed(asked));
    }
  }

  private VolumePlan placed(VolumePlan plan) {
    return plan.topology().map(t -> plan.in(t.choose(pools, journal, plan))).orElse(plan);
  }

  private CreateVolumeResponse create(VolumePlan plan) {
    try (OpenPool opened = pools.open(plan.clusterId(), plan.pool(), plan.credentials())) {
      users.remember(plan.clusterId(), plan.credentials());
      MadeImage made = images.findOrMake(opened, plan);
      plan.requireFits(made);
      return plan.answer(opened.pool(), made);
    }
  }
}
