package io.cephcsi.cluster.care;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.Json;
import io.cephcsi.cluster.Opened;
import java.util.List;
import java.util.Optional;

/**
 * One change that mends something. Those of the journal are made only to what was read; those that
 * can be taken back have all that this needs.
 */
public interface Step {
  /** What it does, for people. */
  String text();

  /**
   * Does it.
   *
   * @return false when things are not as they were read; nothing is changed then
   */
  boolean run(Opened place);

  /** Whether it can be taken back. */
  default boolean undoable() {
    return true;
  }

  /**
   * Takes it back.
   *
   * @param pool that with the journal
   * @return false when things have changed since, or it cannot be taken back
   */
  boolean undo(Pool pool);

  /** Whether all is as it was before, so that there is nothing to take back. */
  boolean isBack(Pool pool);

  /** Cannot be taken back. */
  interface ForGood extends Step {
    @Override
    default boolean undoable() {
      return false;
    }

    @Override
    default boolean undo(Pool pool) {
      return false;
    }

    @Override
    default boolean isBack(Pool pool) {
      return false;
    }
  }

  /** As JSON, for {@link #of}. */
  default ObjectNode json() {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("step", getClass().getSimpleName());
    node.set("of", Json.MAPPER.valueToTree(this));
    return node;
  }

  /**
   * Reads {@link #json}.
   *
   * @param kinds the steps that there are
   * @return empty when it is none of them
   */
  static Optional<Step> of(JsonNode node, List<Class<? extends Step>> kinds) {
    return kinds.stream()
        .filter(kind -> kind.getSimpleName().equals(node.path("step").asText()))
        .findFirst()
        .flatMap(kind -> read(node.path("of"), kind));
  }

  private static Optional<Step> read(JsonNode node, Class<? extends Step> kind) {
    try {
      return Optional.of(Json.MAPPER.treeToValue(node, kind));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
