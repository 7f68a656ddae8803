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
 * Who has a directory of a filesystem mounted, or one below it, as its metadata server tells.
 *
 * @param all in the order of their addresses
 * @param untold why nobody tells; empty when somebody does
 */
public record MountClients(List<Client> all, String untold) {
  /** Of what cannot be mounted. */
  public static final MountClients NONE = new MountClients(List.of(), "");

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final String SESSIONS = "{\"prefix\":\"session ls\",\"format\":\"json\"}";

  /**
   * A client.
   *
   * @param node as its machine calls itself
   */
  public record Client(String address, String node) {}

  public MountClients {
    all = List.copyOf(all);
  }

  /** Asks for them, and waits for at most five seconds. */
  public static MountClients of(OpenFileSystem opened, String directory) {
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
          .map(answer -> of(answer, directory))
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

  private static MountClients untold(String why) {
    return new MountClients(List.of(), why);
  }

  private static MountClients of(String answer, String directory) {
    List<Client> all = new ArrayList<>();
    try {
      for (JsonNode session : Json.MAPPER.readTree(answer)) {
        JsonNode told = session.path("client_metadata");
        if ((told.path("root").asText() + "/").startsWith(directory + "/")) {
          all.add(new Client(address(session), told.path("hostname").asText()));
        }
      }
    } catch (JsonProcessingException e) {
      return untold("the metadata server's answer is not JSON: " + answer);
    }
    all.sort(Comparator.comparing(Client::address));
    return new MountClients(all, "");
  }

  /** {@code client.4123 v1:10.0.0.7:0/123}, of which the name is Ceph's own. */
  private static String address(JsonNode session) {
    String inst = session.path("inst").asText();
    return inst.substring(inst.indexOf(' ') + 1);
  }
}
