package io.cephcsi.cephfs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cephcsi.cluster.Json;
import java.util.List;

/** A command to the manager's module volumes, put together key by key. */
final class ManagerRequest {
  private final ObjectNode json = Json.MAPPER.createObjectNode();

  ManagerRequest(String prefix, String fileSystem) {
    json.put("prefix", prefix).put("format", "json").put("vol_name", fileSystem);
  }

  ManagerRequest with(String key, String value) {
    json.put(key, value);
    return this;
  }

  /** As the other one; an empty value is left out. */
  ManagerRequest withIfAny(String key, String value) {
    return value.isEmpty() ? this : with(key, value);
  }

  ManagerRequest with(String key, long value) {
    json.put(key, value);
    return this;
  }

  ManagerRequest with(String key, boolean value) {
    json.put(key, value);
    return this;
  }

  /** A number that Ceph takes with a fraction only. */
  ManagerRequest with(String key, double value) {
    json.put(key, value);
    return this;
  }

  ManagerRequest with(String key, List<String> values) {
    var array = json.putArray(key);
    values.forEach(array::add);
    return this;
  }

  String text() {
    return json.toString();
  }
}
