package io.cephcsi.rbd.controller;

import csi.v1.ControllerListVolumeHealthRequest;
import csi.v1.ControllerListVolumeHealthResponse;
import csi.v1.VolumeHealth;
import io.cephcsi.cluster.Listing;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.VolumeHealths;

/**
 * Lists the volumes with something wrong, a page at a time. A pool's images are listed once; only a
 * volume without an image among them is looked at. Static volumes are left out, as {@link
 * ListVolumes} leaves them out; who knows one asks for it by its id.
 */
record ControllerListVolumeHealth(
    Listing<OpenPool> listing, VolumeJournal journal, VolumeHealths healths, PoolContents contents)
    implements Call<ControllerListVolumeHealthRequest, ControllerListVolumeHealthResponse> {

  @Override
  public ControllerListVolumeHealthResponse answer(ControllerListVolumeHealthRequest request) {
    Listing<OpenPool> asked =
        request.getSecretsMap().isEmpty()
            ? listing
            : listing.orAs(Secrets.credentials(request.getSecretsMap()));
    var ofPools = new ListedHealth(asked.users(), journal, healths, contents);
    asked.configs().all().forEach(ofPools::requireMonitors);
    Listing.Page<VolumeHealth> page =
        asked.page(
            request.getStartingToken(), request.getMaxEntries(), ofPools::names, ofPools::problems);
    return ControllerListVolumeHealthResponse.newBuilder()
        .addAllEntries(page.entries())
        .setNextToken(page.nextToken())
        .build();
  }
}
