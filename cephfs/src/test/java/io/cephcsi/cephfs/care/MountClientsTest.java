package io.cephcsi.cephfs.care;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.care.MountClients.Client;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a real metadata server answers is in test-e2e. */
class MountClientsTest {
  private static final String PATH = "/volumes/csi/csi-vol-1/9f1d";

  /** Of the volume twice, of another one whose name begins alike, of all, and of the manager. */
  private static final String SESSIONS =
      """
      [{"inst":"client.9 v1:10.0.0.9:0/1","client_metadata":{"hostname":"n9","root":"/volumes/csi/csi-vol-1/9f1d/sub"}},
       {"inst":"client.7 v1:10.0.0.7:0/1","client_metadata":{"hostname":"n7","root":"/volumes/csi/csi-vol-1/9f1d"}},
       {"inst":"client.6 v1:10.0.0.6:0/1","client_metadata":{"hostname":"n6","root":"/volumes/csi/csi-vol-1/9f1d2"}},
       {"inst":"client.5 v1:10.0.0.5:0/1","client_metadata":{"hostname":"n5","root":"/"}},
       {"inst":"client.4 v1:10.0.0.4:0/1","client_metadata":{}}]
      """;

  private final FileSystemInMemory memory = new FileSystemInMemory();

  @AfterEach
  void nothingOpen() {
    memory.close();
  }

  private MountClients ask(Function<String, String> server) {
    memory.cluster.onMetadataServerCommand(server);
    try (OpenFileSystem opened = memory.open()) {
      return MountClients.of(opened, PATH);
    }
  }

  @Test
  void sessions_areThoseOfTheDirectoryAndBelow() {
    assertThat(ask(_ -> SESSIONS))
        .isEqualTo(
            new MountClients(
                List.of(new Client("v1:10.0.0.7:0/1", "n7"), new Client("v1:10.0.0.9:0/1", "n9")),
                ""));
    assertThat(memory.cluster.operations().log())
        .anyMatch(o -> o.startsWith("command of metadata server cephfs:0 "));
  }

  @Test
  void refusal_namesUserAndRight() {
    MountClients clients = ask(json -> fail(Errno.EACCES, json));

    assertThat(clients.all()).isEmpty();
    assertThat(clients.untold())
        .contains("client.csi may not ask for it")
        .contains("mds 'allow *'");
  }

  @Test
  void anythingElse_isToldAsItIs() {
    assertThat(ask(json -> fail(Errno.EOPNOTSUPP, "ask cephfs:0 without libcephfs")).untold())
        .contains("without libcephfs");
    assertThat(ask(json -> fail(Errno.ETIMEDOUT, json)).untold())
        .contains("cephfs:0 does not answer client.csi");
    assertThat(ask(_ -> "<html>").untold()).contains("is not JSON: <html>");
    memory.manager.setActive("cephfs", false);
    assertThat(ask(_ -> SESSIONS).untold()).contains("no active metadata server");
  }

  private static String fail(int errno, String action) {
    throw new CephException(errno, action);
  }
}
