package io.cephcsi.cephfs.controller;

import csi.v1.ControllerListVolumeHealthRequest;
import csi.v1.ControllerListVolumeHealthResponse;
import csi.v1.VolumeHealth;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.VolumeHealths;
import io.cephcsi.cluster.Listing;
import io.cephcsi.cluster.Looks;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.journal.VolumeJournal;

/**
 * Lists the volumes with something wrong, a page at a time. A filesystem's subvolumes are listed
 * once; only a volume without one among them is looked at.
 */
record ControllerListVolumeHealth(
    Listing<OpenFileSystem> listing, VolumeJournal journal, VolumeHealths healths, Looks looks)
    implements Call<ControllerListVolumeHealthRequest, ControllerListVolumeHealthResponse> {

  @Override
  public ControllerListVolumeHealthResponse answer(ControllerListVolumeHealthRequest request) {
    Listing<OpenFileSystem> asked =
        request.getSecretsMap().isEmpty()
            ? listing
            : listing.orAs(Secrets.admin(request.getSecretsMap()));
    var listed = new ListedHealth(asked.users(), journal, healths, looks);
    asked.configs().all().forEach(listed::requireMonitors);
    Listing.Page<VolumeHealth> page =
        asked.page(
            request.getStartingToken(), request.getMaxEntries(), listed::names, listed::problems);
    return ControllerListVolumeHealthResponse.newBuilder()
        .addAllEntries(page.entries())
        .setNextToken(page.nextToken())
        .build();
  }
}
