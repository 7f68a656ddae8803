package io.cephcsi.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.cephcsi.csi.CsiException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The clusters in config.json, read again whenever the file has changed, so that a ConfigMap's new
 * content counts without a restart. Keys match whatever their case and unknown keys are ignored, as
 * in ceph-csi.
 */
public final class ClusterConfigs {
  private record Read(String text, List<ClusterConfig> clusters) {}

  private final Path file;
  private volatile Read last = new Read("[]", List.of());

  /**
   * @param file normally {@code /etc/ceph-csi-config/config.json}
   */
  public ClusterConfigs(Path file) {
    this.file = file;
  }

  /**
   * The cluster of that id; empty when the file has none.
   *
   * @throws CsiException.FailedPrecondition when the file is missing, cannot be read or is broken
   */
  public Optional<ClusterConfig> find(String clusterId) {
    return all().stream().filter(c -> c.clusterId().equals(clusterId)).findFirst();
  }

  /**
   * The cluster of that id, for calls that need one.
   *
   * @throws CsiException.InvalidArgument when there is none, or it has no monitors
   */
  public ClusterConfig require(String clusterId) {
    ClusterConfig config =
        find(clusterId)
            .orElseThrow(() ->
                new CsiException.InvalidArgument(
                    "clusterID %s is not in config.json: add it there or name another"
                        .formatted(clusterId)));
    if (config.monitors().isEmpty()) {
      throw new CsiException.InvalidArgument(
          "clusterID %s has no monitors in config.json: add them there".formatted(clusterId));
    }
    return config;
  }

  /** All clusters in the file's order; throws as {@link #find}. */
  public List<ClusterConfig> all() {
    String text = read();
    Read known = last;
    if (!text.equals(known.text())) {
      known = new Read(text, parse(text));
      last = known;
    }
    return known.clusters();
  }

  private String read() {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new CsiException.FailedPrecondition(
          file + " is missing: mount the ConfigMap ceph-csi-config there");
    } catch (IOException e) {
      throw new CsiException.FailedPrecondition(
          "%s cannot be read: %s; see its rights in the driver's container"
              .formatted(file, e.getMessage()));
    }
  }

  private List<ClusterConfig> parse(String text) {
    try {
      JsonNode root = Json.MAPPER.readTree(text);
      if (!root.isArray()) {
        throw broken("it must be an array of clusters");
      }
      List<ClusterConfig> clusters = new ArrayList<>();
      root.forEach(node -> clusters.add(cluster(node)));
      return List.copyOf(clusters);
    } catch (JsonProcessingException e) {
      throw broken("line %d: %s".formatted(e.getLocation().getLineNr(), e.getOriginalMessage()));
    }
  }

  private ClusterConfig cluster(JsonNode node) {
    JsonNode affinity = field(node, "readAffinity");
    return new ClusterConfig(
        text(node, "clusterID"),
        texts(node, "monitors"),
        rbd(field(node, "rbd")),
        cephFs(field(node, "cephFS")),
        new ClusterConfig.ReadAffinity(wish(affinity), texts(affinity, "crushLocationLabels")));
  }

  private static ClusterConfig.ReadAffinity.Wish wish(JsonNode affinity) {
    JsonNode enabled = field(affinity, "enabled");
    if (enabled.isMissingNode()) {
      return ClusterConfig.ReadAffinity.Wish.FLAG;
    }
    return enabled.asBoolean(false)
        ? ClusterConfig.ReadAffinity.Wish.ON
        : ClusterConfig.ReadAffinity.Wish.OFF;
  }

  private ClusterConfig.Rbd rbd(JsonNode node) {
    return new ClusterConfig.Rbd(
        text(node, "radosNamespace"),
        field(node, "mirrorDaemonCount").asInt(0),
        text(node, "netNamespaceFilePath"));
  }

  private ClusterConfig.CephFs cephFs(JsonNode node) {
    return new ClusterConfig.CephFs(
        orCsi(text(node, "subvolumeGroup")),
        orCsi(text(node, "radosNamespace")),
        text(node, "kernelMountOptions"),
        text(node, "fuseMountOptions"),
        text(node, "netNamespaceFilePath"));
  }

  private static String orCsi(String text) {
    return text.isEmpty() ? "csi" : text;
  }

  private String text(JsonNode node, String key) {
    JsonNode value = field(node, key);
    if (!value.isTextual() && !value.isNull() && !value.isMissingNode()) {
      throw broken(key + " must be a string, it is " + value);
    }
    return value.asText("");
  }

  private List<String> texts(JsonNode node, String key) {
    JsonNode value = field(node, key);
    if (!value.isArray() && !value.isNull() && !value.isMissingNode()) {
      throw broken(key + " must be an array of strings, it is " + value);
    }
    List<String> texts = new ArrayList<>();
    value.forEach(item -> texts.add(item.asText()));
    return texts;
  }

  /** The value of a key, whatever the key's case; a missing node when there is none. */
  private static JsonNode field(JsonNode node, String key) {
    return node.properties().stream()
        .filter(e -> e.getKey().equalsIgnoreCase(key))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(MissingNode.getInstance());
  }

  private CsiException broken(String how) {
    return new CsiException.FailedPrecondition("%s is broken: %s; correct it".formatted(file, how));
  }
}
