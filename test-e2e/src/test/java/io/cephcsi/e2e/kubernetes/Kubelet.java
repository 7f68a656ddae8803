package io.cephcsi.e2e.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import csi.v1.NodeExpandVolumeRequest;
import csi.v1.NodeGetInfoRequest;
import csi.v1.NodeGetInfoResponse;
import csi.v1.NodeGetVolumeStatsRequest;
import csi.v1.NodePublishVolumeRequest;
import csi.v1.NodeStageVolumeRequest;
import csi.v1.NodeUnpublishVolumeRequest;
import csi.v1.NodeUnstageVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.MountVolume;
import io.cephcsi.e2e.CsiClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What kubelet does on a node: it calls the driver there with what the API server has of a
 * PersistentVolume.
 *
 * @param folder kubelet's own
 */
record Kubelet(Kubectl kubectl, CsiClient driver, Path folder) {
  /** Tells the API server of the driver on a node. */
  NodeGetInfoResponse register(String node, String driverName) throws InterruptedException {
    NodeGetInfoResponse info = driver.node().nodeGetInfo(NodeGetInfoRequest.getDefaultInstance());
    Map<String, String> segments = info.getAccessibleTopology().getSegmentsMap();
    kubectl.apply(
        """
        apiVersion: storage.k8s.io/v1
        kind: CSINode
        metadata: {name: %s}
        spec: {drivers: [{name: %s, nodeID: %s, topologyKeys: [%s]}]}
        """
            .formatted(node, driverName, info.getNodeId(), String.join(", ", segments.keySet())));
    for (Map.Entry<String, String> segment : segments.entrySet()) {
      var _ =
          kubectl.run(
              "label", "node/" + node, "%s=%s".formatted(segment.getKey(), segment.getValue()));
    }
    return info;
  }

  /** Mounts a volume for a pod. */
  void mount(JsonNode volume) throws IOException, InterruptedException {
    Files.createDirectories(staging(volume));
    Files.createDirectories(target(volume).getParent());
    var _ =
        driver
            .node()
            .nodeStageVolume(
                NodeStageVolumeRequest.newBuilder()
                    .setVolumeId(handle(volume))
                    .setStagingTargetPath(staging(volume).toString())
                    .setVolumeCapability(capability(volume))
                    .putAllVolumeContext(context(volume))
                    .putAllSecrets(secrets(volume.at("/spec/csi/nodeStageSecretRef")))
                    .build());
    var _ =
        driver
            .node()
            .nodePublishVolume(
                NodePublishVolumeRequest.newBuilder()
                    .setVolumeId(handle(volume))
                    .setStagingTargetPath(staging(volume).toString())
                    .setTargetPath(target(volume).toString())
                    .setVolumeCapability(capability(volume))
                    .putAllVolumeContext(context(volume))
                    .build());
  }

  /** Has its filesystem grow to the size that the volume has. */
  void grow(JsonNode volume) {
    var _ =
        driver
            .node()
            .nodeExpandVolume(
                NodeExpandVolumeRequest.newBuilder()
                    .setVolumeId(handle(volume))
                    .setVolumePath(target(volume).toString())
                    .setStagingTargetPath(staging(volume).toString())
                    .setVolumeCapability(capability(volume))
                    .build());
  }

  /** The bytes that the filesystem has. */
  long size(JsonNode volume) {
    return driver
        .node()
        .nodeGetVolumeStats(
            NodeGetVolumeStatsRequest.newBuilder()
                .setVolumeId(handle(volume))
                .setVolumePath(target(volume).toString())
                .build())
        .getUsage(0)
        .getTotal();
  }

  /** Takes it away from the pod and the node. */
  void unmount(JsonNode volume) {
    var _ =
        driver
            .node()
            .nodeUnpublishVolume(
                NodeUnpublishVolumeRequest.newBuilder()
                    .setVolumeId(handle(volume))
                    .setTargetPath(target(volume).toString())
                    .build());
    var _ =
        driver
            .node()
            .nodeUnstageVolume(
                NodeUnstageVolumeRequest.newBuilder()
                    .setVolumeId(handle(volume))
                    .setStagingTargetPath(staging(volume).toString())
                    .build());
  }

  private static String handle(JsonNode volume) {
    return volume.at("/spec/csi/volumeHandle").asText();
  }

  private Path staging(JsonNode volume) {
    return folder
        .resolve("plugins/kubernetes.io/csi")
        .resolve(volume.at("/spec/csi/driver").asText())
        .resolve(volume.at("/metadata/uid").asText())
        .resolve("globalmount");
  }

  private Path target(JsonNode volume) {
    return folder
        .resolve("pods/user/volumes/kubernetes.io~csi")
        .resolve(volume.at("/metadata/name").asText())
        .resolve("mount");
  }

  private static Map<String, String> context(JsonNode volume) {
    return volume.at("/spec/csi/volumeAttributes").properties().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().asText()));
  }

  private static VolumeCapability capability(JsonNode volume) {
    boolean shared = volume.at("/spec/accessModes/0").asText().equals("ReadWriteMany");
    return VolumeCapability.newBuilder()
        .setMount(MountVolume.newBuilder().setFsType(volume.at("/spec/csi/fsType").asText()))
        .setAccessMode(
            AccessMode.newBuilder()
                .setMode(
                    shared
                        ? AccessMode.Mode.MULTI_NODE_MULTI_WRITER
                        : AccessMode.Mode.SINGLE_NODE_WRITER))
        .build();
  }

  private Map<String, String> secrets(JsonNode reference) throws InterruptedException {
    JsonNode secret =
        kubectl.get(
            "--namespace=" + reference.path("namespace").asText(),
            "secret/" + reference.path("name").asText());
    Map<String, String> secrets = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : secret.path("data").properties()) {
      byte[] value = Base64.getDecoder().decode(entry.getValue().asText());
      secrets.put(entry.getKey(), new String(value, StandardCharsets.UTF_8));
    }
    return secrets;
  }
}
