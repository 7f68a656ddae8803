package io.cephcsi.cephfs;

import static io.cephcsi.ceph.Errno.EINVAL;
import static io.cephcsi.ceph.Errno.ENOENT;
import static io.cephcsi.ceph.Errno.EPERM;
import static io.cephcsi.ceph.Errno.ESTALE;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cephcsi.cluster.Json;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The sets of {@link MemoryVolumes}' metadata servers that clients may not change. */
final class MemoryQuiesceSets {
  private static final Set<String> ACTIVE = Set.of("QUIESCING", "QUIESCED", "RELEASING");
  private static final Set<String> STILL = Set.of("QUIESCED", "RELEASING");

  private static final class StoredSet {
    final Set<String> members = new TreeSet<>();
    String state = "";
    long version;
    double timeout;
    double expiration;
    long since;

    void enter(String newState) {
      state = newState;
      since = System.nanoTime();
    }

    boolean over(double seconds) {
      return System.nanoTime() - since > seconds * 1e9;
    }

    /** As time goes by; a client that does not answer keeps it where it is. */
    void goOn(boolean answering) {
      if (state.equals("QUIESCING") && over(timeout)) {
        enter("TIMEDOUT");
      } else if (STILL.contains(state) && over(expiration)) {
        enter("EXPIRED");
      } else if (state.equals("QUIESCING") && answering) {
        enter("QUIESCED");
      } else if (state.equals("RELEASING") && answering) {
        enter("RELEASED");
      }
    }
  }

  private final TreeMap<String, StoredSet> sets = new TreeMap<>();
  private long version;
  private boolean answering = true;

  /** Whether clients answer from now on. */
  void setAnswering(boolean answer) {
    answering = answer;
  }

  /** Ends all that are quiesced, as if their time were over. */
  void expire() {
    sets.values().stream().filter(s -> STILL.contains(s.state)).forEach(s -> s.enter("EXPIRED"));
  }

  /** The servers remember nothing, as after a restart. */
  void forget() {
    sets.clear();
  }

  /** Whether a set keeps the subvolume as it is, which is named {@code <group>/<name>}. */
  boolean keeps(String member) {
    return sets.values().stream()
        .filter(s -> STILL.contains(s.state) && !s.over(s.expiration))
        .anyMatch(s -> s.members.contains(member));
  }

  /** Whether any set keeps clients from anything. */
  boolean active() {
    return sets.values().stream().anyMatch(s -> ACTIVE.contains(s.state));
  }

  String answer(JsonNode request) throws MemoryVolumes.Refused {
    String id = request.path("set_id").asText();
    StoredSet set = sets.get(id);
    if (set != null) {
      set.goOn(answering && !request.path("reset").asBoolean());
    }
    if (request.path("reset").asBoolean()) {
      set = sets.computeIfAbsent(id, _ -> new StoredSet());
      begin(set, request);
    } else if (set == null && request.path("query").asBoolean()) {
      return "{\"sets\": {}}";
    } else if (set == null) {
      throw new MemoryVolumes.Refused(ENOENT, "");
    } else if (request.path("release").asBoolean()) {
      release(set, request);
    } else if (request.path("cancel").asBoolean()) {
      cancel(set);
    } else if (!request.path("query").asBoolean()) {
      throw new IllegalArgumentException("nothing is asked for in " + request);
    }
    return told(id, set);
  }

  private void begin(StoredSet set, JsonNode request) throws MemoryVolumes.Refused {
    for (String key : new String[] {"timeout", "expiration"}) {
      if (!request.path(key).isFloatingPointNumber()) {
        throw new MemoryVolumes.Refused(EINVAL, key + " is no float");
      }
    }
    var members = new TreeSet<String>();
    request.path("members").forEach(member -> members.add(member.asText()));
    if (!set.members.equals(members) || !set.state.equals("QUIESCED")) {
      set.enter("QUIESCING");
    }
    set.members.clear();
    set.members.addAll(members);
    set.timeout = request.path("timeout").asDouble();
    set.expiration = request.path("expiration").asDouble();
    set.version = ++version;
  }

  private void release(StoredSet set, JsonNode request) throws MemoryVolumes.Refused {
    if (request.path("if_version").asLong() != set.version) {
      throw new MemoryVolumes.Refused(ESTALE, "");
    }
    if (!set.state.equals("QUIESCED")) {
      throw new MemoryVolumes.Refused(EPERM, "");
    }
    set.state = "RELEASING"; // and the time goes on
    set.version = ++version;
  }

  private void cancel(StoredSet set) throws MemoryVolumes.Refused {
    if (!ACTIVE.contains(set.state)) {
      throw new MemoryVolumes.Refused(EPERM, "");
    }
    set.enter("CANCELED");
    set.version = ++version;
  }

  private static String told(String id, StoredSet set) {
    ObjectNode answer = Json.MAPPER.createObjectNode();
    ObjectNode told = answer.putObject("sets").putObject(id).put("version", set.version);
    told.putObject("state").put("name", set.state);
    return answer.toPrettyString();
  }
}
