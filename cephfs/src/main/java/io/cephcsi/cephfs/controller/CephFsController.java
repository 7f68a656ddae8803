package io.cephcsi.cephfs.controller;

import csi.v1.ControllerGrpc;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.GroupSnapshots;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Snapshots;
import io.cephcsi.cephfs.VolumeHealths;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.cluster.GroupController;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Listing;
import io.cephcsi.cluster.Looks;
import io.cephcsi.csi.Calls;
import io.cephcsi.csi.CsiService;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RpcName;
import io.cephcsi.journal.GroupJournal;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.SnapshotReferences;
import io.cephcsi.journal.VolumeJournal;
import java.time.InstantSource;
import java.util.List;

/**
 * CSI's services of a controller for CephFS: which class answers which RPC. All hold the same
 * names.
 */
public final class CephFsController {
  private final Calls calls;
  private final Parts parts;
  private final ControllerSettings settings;
  private final NameLocks names = new NameLocks();
  private final SnapshotReferences references = new SnapshotReferences();
  private final Volumes volumes;
  private final Snapshots snapshots;
  private final Cuts cuts;
  private final SnapshotDeletion deletion;
  private final GroupSnapshots groups;
  private final VolumeSizes sizes;
  private final KnownSnapshots known;

  /** What the controller works with. */
  public record Parts(
      FileSystems fileSystems,
      VolumeJournal journal,
      SnapshotJournal snapshots,
      GroupJournal groups,
      KnownUsers users,
      Looks looks) {}

  public CephFsController(Calls calls, Parts parts, ControllerSettings settings) {
    this.calls = calls;
    this.parts = parts;
    this.settings = settings;
    this.volumes = new Volumes(parts.fileSystems(), parts.journal());
    this.snapshots = new Snapshots(parts.fileSystems(), parts.snapshots());
    this.groups = new GroupSnapshots(parts.fileSystems(), parts.groups());
    this.sizes = new VolumeSizes(parts.journal());
    this.cuts = new Cuts(parts.snapshots(), sizes, settings, InstantSource.system());
    this.deletion = new SnapshotDeletion(parts.snapshots(), references, names);
    this.known = new KnownSnapshots(snapshots, parts.journal(), parts.users());
  }

  /** The Controller and GroupController services. */
  public List<CsiService> services() {
    return List.of(controller(), groupController());
  }

  private CsiService controller() {
    FileSystems fileSystems = parts.fileSystems();
    VolumeJournal journal = parts.journal();
    KnownUsers users = parts.users();
    var shown = new ShownSnapshots(snapshots, references, deletion);
    var clones = new Clones(volumes, snapshots, names, settings.cloneWait());
    var subvolumes = new MadeSubvolumes(journal, clones, shown, sizes, settings);
    var listing = new Listing<OpenFileSystem>(fileSystems, fileSystems.configs(), users::of);
    var healths = new VolumeHealths(fileSystems, journal, parts.looks());
    return new CsiService(ControllerGrpc.SERVICE_NAME, calls, CephFailures::told)
        .answer(
            ControllerGrpc.getCreateVolumeMethod(),
            new CreateVolume(fileSystems, subvolumes, names, users),
            (rpc, r) -> RpcName.of(rpc, r.getParametersMap()))
        .answer(
            ControllerGrpc.getDeleteVolumeMethod(),
            new DeleteVolume(volumes, journal, shown, names),
            (rpc, r) -> RpcName.on(rpc, r.getVolumeId()))
        .answer(
            ControllerGrpc.getControllerExpandVolumeMethod(),
            new ControllerExpandVolume(volumes, sizes, names),
            (rpc, r) -> RpcName.on(rpc, r.getVolumeId()))
        .answer(
            ControllerGrpc.getValidateVolumeCapabilitiesMethod(),
            new ValidateVolumeCapabilities(volumes),
            (rpc, r) -> RpcName.on(rpc, r.getVolumeId()))
        .answer(
            ControllerGrpc.getListVolumesMethod(),
            new ListVolumes(listing, journal),
            (rpc, _) -> RpcName.onAll(rpc))
        .answer(
            ControllerGrpc.getGetCapacityMethod(),
            new GetCapacity(fileSystems, users),
            (rpc, r) -> RpcName.of(rpc, r.getParametersMap()))
        .answer(
            ControllerGrpc.getControllerGetVolumeMethod(),
            new ControllerGetVolume(volumes, users),
            (rpc, r) -> RpcName.on(rpc, r.getVolumeId()))
        .answer(
            ControllerGrpc.getCreateSnapshotMethod(),
            new CreateSnapshot(fileSystems, volumes, cuts, names, users),
            (rpc, r) -> RpcName.on(rpc, r.getSourceVolumeId()))
        .answer(
            ControllerGrpc.getDeleteSnapshotMethod(),
            new DeleteSnapshot(snapshots, groups, deletion, names),
            (rpc, r) -> RpcName.on(rpc, r.getSnapshotId()))
        .answer(
            ControllerGrpc.getListSnapshotsMethod(),
            new ListSnapshots(listing, parts.snapshots(), known),
            (rpc, _) -> RpcName.onAll(rpc))
        .answer(
            ControllerGrpc.getGetSnapshotMethod(),
            new GetSnapshot(known),
            (rpc, r) -> RpcName.on(rpc, r.getSnapshotId()))
        .answer(
            ControllerGrpc.getControllerGetVolumeHealthMethod(),
            new ControllerGetVolumeHealth(healths, users),
            (rpc, r) -> RpcName.lookingAt(rpc, r.getVolumeId()))
        .answer(
            ControllerGrpc.getControllerListVolumeHealthMethod(),
            new ControllerListVolumeHealth(listing, journal, healths, parts.looks()),
            (rpc, _) -> RpcName.lookingAt(rpc, ""))
        .answer(
            ControllerGrpc.getControllerGetCapabilitiesMethod(),
            new ControllerGetCapabilities(),
            (rpc, _) -> RpcName.ofDriver(rpc));
  }

  private CsiService groupController() {
    var groupDeletion =
        new GroupDeletion(snapshots, parts.snapshots(), parts.groups(), deletion, names);
    var groupCuts = new GroupCuts(parts.groups(), parts.snapshots(), cuts, groupDeletion);
    return GroupController.of(
        calls,
        new CreateVolumeGroupSnapshot(
            parts.fileSystems(), volumes, groupCuts, names, parts.users()),
        new DeleteVolumeGroupSnapshot(groups, groupDeletion, names),
        new GetVolumeGroupSnapshot(groups, known, parts.users()));
  }
}
