package io.cephcsi.rbd.controller;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import csi.v1.CreateVolumeRequest;
import csi.v1.CreateVolumeResponse;
import csi.v1.Volume;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.Json;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.ContentSource;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.RequestName;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.csi.VolumeSize;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeRequest;
import io.cephcsi.rbd.ClassParameter;
import io.cephcsi.rbd.Snapshots;
import io.cephcsi.rbd.VolumeAttribute;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.Volumes;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A CreateVolume request, checked as far as that goes without a cluster. */
record VolumePlan(
    String name,
    ClassParameters parameters,
    String capabilities,
    VolumeSize size,
    Optional<ContentSource> source,
    Credentials credentials,
    Optional<TopologyPlan> topology) {
  /** In the wish: no parameter has this name. */
  private static final String CAPABILITIES = "volume_capabilities";

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
    requireParameters(parameters);
    String capabilities = Capabilities.text(request.getVolumeCapabilitiesList());
    var size =
        request.hasCapacityRange()
            ? VolumeSize.of(request.getCapacityRange())
            : VolumeSize.unasked();
    Credentials credentials = Secrets.credentials(request.getSecretsMap());
    Optional<ContentSource> source =
        blank ? Optional.empty() : Optional.of(ContentSource.of(request.getVolumeContentSource()));
    source.ifPresent(VolumePlan::requireOurs);
    Optional<TopologyPlan> topology = TopologyPlan.of(request, parameters);
    requirePool(parameters, topology);
    return new VolumePlan(
        request.getName(), parameters, capabilities, size, source, credentials, topology);
  }

  private static void requireOurs(ContentSource source) {
    switch (source) {
      case ContentSource.OfSnapshot(var id) -> {
        if (VolumeId.of(id).isEmpty()) {
          throw Snapshots.missing(id);
        }
      }
      case ContentSource.OfVolume(var id) -> {
        if (VolumeHandle.of(id).isEmpty()) {
          throw Volumes.missing(id);
        }
      }
    }
  }

  /** Wrong parameters are told before anything is asked of a cluster. */
  private static void requireParameters(ClassParameters parameters) {
    var _ = parameters.clusterId();
    var _ = parameters.namePrefix();
    var _ = parameters.imageOptions();
    parameters.requireMappable();
    Encryption.requireNotAsked(parameters);
  }

  private static void requirePool(ClassParameters parameters, Optional<TopologyPlan> topology) {
    if (topology.isEmpty()) {
      var _ = parameters.pool();
    }
  }

  /** The plan with the pool that its topology leads to. */
  VolumePlan in(TopologyPool chosen) {
    return new VolumePlan(
        name, parameters.in(chosen), capabilities, size, source, credentials, topology);
  }

  String clusterId() {
    return parameters.clusterId();
  }

  String pool() {
    return parameters.pool();
  }

  /** What the journal is to keep. */
  VolumeRequest reservation() {
    return new VolumeRequest(name, parameters.namePrefix(), parameters.owner(), wish().toString());
  }

  /** The class parameters as JSON with sorted keys, the same for the same wish. */
  private ObjectNode wish() {
    ObjectNode json = Json.MAPPER.createObjectNode();
    parameters.volumeContext().forEach(json::put);
    source.ifPresent(s -> json.put("volume_content_source", s.text()));
    return json.put(CAPABILITIES, capabilities);
  }

  /** Volumes of older versions do not tell their capabilities. */
  private boolean isWish(String earlier) {
    ObjectNode wish = wish();
    try {
      JsonNode json = Json.MAPPER.readTree(earlier);
      if (!json.has(CAPABILITIES)) {
        wish.remove(CAPABILITIES);
      }
      return json.equals(wish);
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  /**
   * Refuses an image that an earlier, other wish of the same name made. Volumes of ceph-csi do not
   * tell their wish; theirs are compared by size alone.
   *
   * @throws CsiException.AlreadyExists when size or parameters differ
   */
  void requireFits(MadeImage image) {
    size.requireFits(name, image.sizeBytes());
    String earlier = image.entry().parameters();
    if (!earlier.isEmpty() && !isWish(earlier)) {
      throw new CsiException.AlreadyExists(
          "volume %s exists with other parameters or capabilities: %s, asked for %s; delete it or take another name"
              .formatted(name, earlier, wish()));
    }
  }

  /** The answer for the volume with that image. */
  CreateVolumeResponse answer(Pool pool, MadeImage image) {
    VolumeEntry entry = image.entry();
    Map<String, String> context = new TreeMap<>();
    context.put(ClassParameter.POOL.key(), pool.name());
    context.put(VolumeAttribute.JOURNAL_POOL.key(), pool.name());
    context.put(VolumeAttribute.IMAGE_NAME.key(), entry.imageName());
    if (!pool.namespace().isEmpty()) {
      context.put(ClassParameter.RADOS_NAMESPACE.key(), pool.namespace());
    }
    context.putAll(parameters.volumeContext());
    var volume =
        Volume.newBuilder()
            .setVolumeId(new VolumeId(clusterId(), pool.id(), entry.uuid()).text())
            .setCapacityBytes(image.sizeBytes())
            .putAllVolumeContext(context);
    source.ifPresent(s -> volume.setContentSource(s.answer()));
    topology.flatMap(t -> t.answer(pool.name())).ifPresent(volume::addAccessibleTopology);
    return CreateVolumeResponse.newBuilder().setVolume(volume).build();
  }
}
