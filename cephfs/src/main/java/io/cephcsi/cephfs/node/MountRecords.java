package io.cephcsi.cephfs.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cephcsi.cluster.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;

/**
 * What ceph-csi remembers on the node of a volume that ceph-fuse serves, {@code
 * nodestage-<volume>.json}, in its form but without the secrets. A folder that is missing turns
 * this off, as there.
 */
record MountRecords(Path folder) {
  private static final String SECRETS = "Secrets";

  /** Writes the record of a volume; secrets that another driver left in it are gone then. */
  void write(StagePlan plan) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("VolumeCapabilityProtoJSON", capability(plan));
    json.putObject(SECRETS);
    Path file = file(plan.volumeId());
    Path written = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(written);
    Files.createFile(
        written,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(written, json.toString());
    Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** As protobuf's JSON has it, which ceph-csi keeps as a text within its own. */
  private static String capability(StagePlan plan) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    ObjectNode mount = json.putObject("mount");
    if (!plan.mountFlags().isEmpty()) {
      var flags = mount.putArray("mountFlags");
      plan.mountFlags().forEach(flags::add);
    }
    json.putObject("accessMode").put("mode", plan.accessMode());
    return json.toString();
  }

  /** The secrets that ceph-csi left in the record; empty when there are none. */
  Map<String, String> secrets(String volumeId) throws IOException {
    Path file = file(volumeId);
    if (!Files.exists(file)) {
      return Map.of();
    }
    try {
      Map<String, String> secrets = new HashMap<>();
      for (Map.Entry<String, JsonNode> secret :
          Json.MAPPER.readTree(Files.readString(file)).path(SECRETS).properties()) {
        secrets.put(secret.getKey(), secret.getValue().asText());
      }
      return secrets;
    } catch (JsonProcessingException e) {
      return Map.of(); // nothing that is needed for sure
    }
  }

  void remove(String volumeId) throws IOException {
    Files.deleteIfExists(file(volumeId));
  }

  private Path file(String volumeId) {
    return folder.resolve("nodestage-" + volumeId.replace('/', '_') + ".json");
  }
}
