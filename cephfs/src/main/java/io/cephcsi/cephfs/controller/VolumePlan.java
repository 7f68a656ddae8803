package io.cephcsi.cephfs.controller;

import com.fasterxml.jackson.databind.node.ObjectNode;
import csi.v1.CapacityRange;
import csi.v1.CreateVolumeRequest;
import csi.v1.CreateVolumeResponse;
import csi.v1.Volume;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Snapshots;
import io.cephcsi.cephfs.VolumeAttribute;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.Json;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.ContentSource;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.RequestName;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.csi.VolumeSize;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeRequest;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A CreateVolume request, checked as far as that goes without a cluster.
 *
 * @param readOnly whether nobody may write to the volume
 */
record VolumePlan(
    String name,
    ClassParameters parameters,
    VolumeSize size,
    Optional<ContentSource> source,
    boolean readOnly,
    Credentials credentials) {
  /** Quotas are multiples of an object's size. */
  private static final long QUOTA_UNIT = 4L << 20;

  /**
   * Reads and checks the request.
   *
   * @throws CsiException.InvalidArgument when anything in it is wrong
   * @throws CsiException.OutOfRange when no size fits its capacity range
   * @throws CsiException.NotFound when its source's id is none of ours
   */
  static VolumePlan of(CreateVolumeRequest request) {
    RequestName.require(request.getName());
    boolean blank = !request.hasVolumeContentSource();
    Capabilities.require(request.getVolumeCapabilitiesList(), blank);
    if (!request.getMutableParamsMap().isEmpty()) {
      throw new CsiException.InvalidArgument(
          "mutable_parameters %s: this driver has none, leave volumeAttributesClassName out of the claim"
              .formatted(request.getMutableParamsMap().keySet()));
    }
    var parameters = new ClassParameters(request.getParametersMap());
    parameters.requireVolume();
    if (parameters.constrainsTopology() && request.hasAccessibilityRequirements()) {
      throw new CsiException.InvalidArgument(
          "topologyConstrainedPools: CephFS volumes can be used everywhere, leave it out");
    }
    VolumeSize size =
        request.hasCapacityRange() ? size(request.getCapacityRange()) : VolumeSize.unbounded();
    Credentials credentials = Secrets.admin(request.getSecretsMap());
    Optional<ContentSource> source =
        blank ? Optional.empty() : Optional.of(ContentSource.of(request.getVolumeContentSource()));
    source.ifPresent(VolumePlan::requireOurs);
    boolean readOnly = Capabilities.readOnly(request.getVolumeCapabilitiesList());
    var plan = new VolumePlan(request.getName(), parameters, size, source, readOnly, credentials);
    plan.requireShowable();
    return plan;
  }

  /** As ceph-csi rounds quotas. */
  static VolumeSize size(CapacityRange range) {
    return VolumeSize.of(range, QUOTA_UNIT);
  }

  private static void requireOurs(ContentSource source) {
    if (VolumeId.of(source.text()).isEmpty()) {
      throw switch (source) {
        case ContentSource.OfSnapshot(var id) -> Snapshots.missing(id);
        case ContentSource.OfVolume(var id) -> Volumes.missing(id);
      };
    }
  }

  private void requireShowable() {
    boolean asked = parameters.backingSnapshot().orElse(false);
    if (asked && !(readOnly && ofSnapshot())) {
      throw new CsiException.InvalidArgument(
          "backingSnapshot true is for read-only volumes of a snapshot: leave it out of the class, such volumes only show their snapshot without it too");
    }
  }

  private boolean ofSnapshot() {
    return source.filter(s -> s instanceof ContentSource.OfSnapshot).isPresent();
  }

  /** Whether the volume only shows its snapshot, and has no data of its own. */
  boolean showsSnapshot() {
    return readOnly && ofSnapshot() && parameters.backingSnapshot().orElse(true);
  }

  String clusterId() {
    return parameters.clusterId();
  }

  /** What the journal is to keep. */
  VolumeRequest reservation() {
    return new VolumeRequest(
        name,
        parameters.namePrefix(),
        parameters.owner(),
        wish(),
        showsSnapshot() ? source.orElseThrow().text() : "");
  }

  /** The class parameters as JSON with sorted keys, the same for the same wish. */
  private String wish() {
    ObjectNode json = Json.MAPPER.createObjectNode();
    parameters.volumeContext().forEach(json::put);
    source.ifPresent(s -> json.put("volume_content_source", s.text()));
    return json.toString();
  }

  /**
   * Refuses a volume that an earlier, other wish of the same name made, or began to make. Volumes
   * of ceph-csi do not tell their wish; theirs are compared by size, and by the snapshot that they
   * show.
   *
   * @throws CsiException.AlreadyExists when the parameters differ
   */
  void requireSameWish(VolumeEntry entry) {
    String earlier = entry.parameters();
    if (!earlier.isEmpty() && !earlier.equals(wish())) {
      throw new CsiException.AlreadyExists(
          "volume %s exists with other parameters: %s, asked for %s; delete it or take another name"
              .formatted(name, earlier, wish()));
    }
    String shown = entry.backingSnapshotId();
    if (!shown.equals(reservation().backingSnapshotId())) {
      throw new CsiException.AlreadyExists(
          "volume %s exists and shows snapshot \"%s\", which is not what is asked for: delete it or take another name"
              .formatted(name, shown));
    }
  }

  /** The answer for the volume with that subvolume. */
  CreateVolumeResponse answer(OpenFileSystem opened, MadeSubvolume made) {
    Map<String, String> context = new TreeMap<>(parameters.volumeContext());
    context.put(VolumeAttribute.SUBVOLUME_NAME.key(), made.entry().imageName());
    context.put(VolumeAttribute.SUBVOLUME_PATH.key(), made.path());
    var id = new VolumeId(clusterId(), opened.location(), made.entry().uuid());
    var volume =
        Volume.newBuilder()
            .setVolumeId(id.text())
            .setCapacityBytes(made.sizeBytes())
            .putAllVolumeContext(context);
    source.ifPresent(s -> volume.setContentSource(s.answer()));
    return CreateVolumeResponse.newBuilder().setVolume(volume).build();
  }
}
