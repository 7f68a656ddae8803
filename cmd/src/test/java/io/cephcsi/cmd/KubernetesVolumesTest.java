package io.cephcsi.cmd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.node.StagedUsers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubernetesVolumesTest {
  /** Of volume 0001-v, driver rbd.csi.ceph.com and node n1, as Kubernetes makes it. */
  private static final String NAME =
      "csi-de2f4e763a1d3044918addca47649f7d6dad43b237b9ff2743828d7c71449940";

  private static final String ATTACHMENT =
      """
      {"kind":"VolumeAttachment","apiVersion":"storage.k8s.io/v1","metadata":{"name":"%s"},
        "spec":{"attacher":"rbd.csi.ceph.com","nodeName":"n1",
          "source":{"persistentVolumeName":"pv-1"}}}
      """
          .formatted(NAME);

  private static final String VOLUME =
      """
      {"kind":"PersistentVolume","apiVersion":"v1","metadata":{"name":"pv-1"},"spec":{
        "accessModes":["ReadWriteOnce"],"csi":{
        "driver":"rbd.csi.ceph.com","volumeHandle":"0001-v","volumeAttributes":{"mounter":"rbd-nbd"},
        "nodeStageSecretRef":{"name":"s","namespace":"ceph"}}}}
      """;

  private static final String SECRET =
      """
      {"kind":"Secret","apiVersion":"v1","metadata":{"name":"s","namespace":"ceph"},
        "data":{"userID":"Y3Np","userKey":"a2V5"}}
      """;

  private static final Logger LOG = Logger.getLogger("cephcsi");

  @TempDir Path folder;
  private final Warnings warnings = new Warnings();
  private TestKubernetes kubernetes;

  @BeforeEach
  void start() throws IOException {
    LOG.addHandler(warnings);
    kubernetes =
        new TestKubernetes(folder)
            .with("/apis/storage.k8s.io/v1/volumeattachments/" + NAME, ATTACHMENT)
            .with("/api/v1/persistentvolumes/pv-1", VOLUME);
  }

  @AfterEach
  void stop() {
    LOG.removeHandler(warnings);
    kubernetes.close();
  }

  private StagedUsers users() throws IOException {
    var flags = new Flags();
    flags.type = "rbd";
    flags.nodeId = "n1";
    return KubernetesVolumes.of(flags, KubernetesAccess.of(kubernetes.environment()));
  }

  @Test
  void find_attachedVolume_isThatOfItsSecret() throws Exception {
    kubernetes.with("/api/v1/namespaces/ceph/secrets/s", SECRET);

    assertThat(users().find("0001-v"))
        .contains(
            new StagedUsers.Told(new Credentials("csi", "key"), Map.of("mounter", "rbd-nbd")));
    assertThat(kubernetes.asked()).as("objects, and no lists of them").hasSize(3);
  }

  /** Whatever becomes of its Secret. */
  @Test
  void shared_isAVolumeOfManyNodes() throws Exception {
    assertThat(users().shared("0001-v")).isFalse();

    kubernetes.with(
        "/api/v1/persistentvolumes/pv-1", VOLUME.replace("ReadWriteOnce", "ReadWriteMany"));

    assertThat(users().shared("0001-v")).isTrue();
    assertThat(users().or(_ -> Optional.empty()).shared("0001-v")).isTrue();
  }

  /** The node was lost for a while, and another one may have the volume. */
  @Test
  void find_volumeThatIsNotAttached_isRefused() throws Exception {
    StagedUsers users = users();

    assertThatThrownBy(() -> users.find("0001-other"))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("volume 0001-other is not attached to node n1")
        .hasMessageContaining(" any more, there is no VolumeAttachment ");
  }

  @Test
  void find_secretMissing_isEmptyAndTold() throws Exception {
    assertThat(users().find("0001-v")).isEmpty();
    assertThat(warnings.texts)
        .containsExactly(
            "Secret ceph/s is missing: create it with the userID and userKey of the volume's cluster");
  }

  @Test
  void find_volumeThatNamesNoSecret_isEmptyAndTold() throws Exception {
    kubernetes.with(
        "/api/v1/persistentvolumes/pv-1", VOLUME.replace("nodeStageSecretRef", "otherSecretRef"));

    assertThat(users().find("0001-v")).isEmpty();
    assertThat(warnings.texts)
        .singleElement()
        .asString()
        .startsWith("the PersistentVolume of 0001-v ")
        .contains("names no nodeStageSecretRef: make it anew with one");
  }

  private static final class Warnings extends Handler {
    private final List<String> texts = new CopyOnWriteArrayList<>();

    @Override
    public void publish(LogRecord message) {
      texts.add(message.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Test
  void of_noKubernetes_knowsNobody() {
    assertThat(KubernetesVolumes.of(new Flags(), Optional.empty()).find("0001-v")).isEmpty();
  }
}
