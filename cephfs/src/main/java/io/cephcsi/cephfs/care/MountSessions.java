package io.cephcsi.cephfs.care;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.ceph.CephException;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cluster.Json;
import io.cephcsi.cluster.Look;
import io.cephcsi.cluster.Looks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Who has anything of a filesystem mounted, as its metadata server tells; by one question.
 *
 * @param untold why nobody tells; empty when somebody does
 */
record MountSessions(List<Session> all, String untold) {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final String SESSIONS = "{\"prefix\":\"session ls\",\"format\":\"json\"}";

  /**
   * A client with a session.
   *
   * @param root the directory that it has mounted
   */
  record Session(String root, MountClients.Client client) {}

  MountSessions {
    all = List.copyOf(all);
  }

  /** Asks for them, and waits for at most five seconds. */
  static MountSessions of(OpenFileSystem opened) {
    String name = opened.fileSystem().name();
    if (!opened.fileSystem().active()) {
      return untold("filesystem %s has no active metadata server: ceph fs status".formatted(name));
    }
    // Whoever has anything mounted has a session with rank 0, which has the root.
    String server = name + ":0";
    try (var looks = new Looks(PATIENCE)) {
      long until = looks.deadline();
      Look<String> look =
          looks.begin(
              server,
              "sessions",
              () -> opened.cluster().metadataServerCommand(server, SESSIONS),
              until);
      return look.await(until)
          .map(MountSessions::read)
          .orElseGet(() ->
              untold(
                  "metadata server %s does not answer %s: ceph fs status, and its mds caps"
                      .formatted(server, opened.credentials())));
    } catch (CephException e) {
      return untold(
          e.denied()
              ? "%s may not ask for it, that needs mds 'allow *': ceph tell mds.%s session ls"
                  .formatted(opened.credentials(), server)
              : String.valueOf(e.getMessage()));
    }
  }

  private static MountSessions untold(String why) {
    return new MountSessions(List.of(), why);
  }

  private static MountSessions read(String answer) {
    List<Session> all = new ArrayList<>();
    try {
      for (JsonNode session : Json.MAPPER.readTree(answer)) {
        JsonNode told = session.path("client_metadata");
        var client = new MountClients.Client(address(session), told.path("hostname").asText());
        all.add(new Session(told.path("root").asText(), client));
      }
    } catch (JsonProcessingException e) {
      return untold("the metadata server's answer is not JSON: " + answer);
    }
    return new MountSessions(all, "");
  }

  /** {@code client.4123 v1:10.0.0.7:0/123}, of which the name is Ceph's own. */
  private static String address(JsonNode session) {
    String inst = session.path("inst").asText();
    return inst.substring(inst.indexOf(' ') + 1);
  }

  /** Those of a directory, or of one below it. */
  MountClients below(String directory) {
    return new MountClients(
        all.stream()
            .filter(session -> (session.root() + "/").startsWith(directory + "/"))
            .map(Session::client)
            .sorted(Comparator.comparing(MountClients.Client::address))
            .toList(),
        untold);
  }
}
