package io.cephcsi.cmd;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.node.StagedUsers;
import io.fabric8.kubernetes.api.model.CSIPersistentVolumeSource;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretReference;
import io.fabric8.kubernetes.api.model.storage.VolumeAttachment;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/**
 * The volumes that Kubernetes has attached to this node, and the Secrets that they were staged
 * with. What it reads stays in memory.
 */
record KubernetesVolumes(String driver, String node, KubernetesAccess kubernetes)
    implements StagedUsers {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  /** Knows nobody where there is no Kubernetes. */
  static StagedUsers of(Flags flags, Optional<KubernetesAccess> kubernetes) {
    String driver = FlagProblems.driverName(flags);
    return kubernetes
        .<StagedUsers>map(access -> new KubernetesVolumes(driver, flags.nodeId, access))
        .orElse(_ -> Optional.empty());
  }

  @Override
  public Optional<Told> find(String volumeId) {
    try {
      return kubernetes.ask("volume " + volumeId, client -> find(client, volumeId));
    } catch (IOException | CsiException.InvalidArgument e) {
      LOG.log(System.Logger.Level.WARNING, e.getMessage());
      return Optional.empty();
    }
  }

  /** Asks for objects by their names alone, however many there are. */
  private Optional<Told> find(KubernetesClient client, String volumeId) throws IOException {
    Optional<CSIPersistentVolumeSource> source =
        volume(client, volumeId).map(volume -> volume.getSpec().getCsi());
    return source.isPresent() ? Optional.of(told(client, source.get())) : Optional.empty();
  }

  @Override
  public boolean shared(String volumeId) {
    try {
      return kubernetes.ask(
          "volume " + volumeId,
          client ->
              volume(client, volumeId)
                  .filter(v -> v.getSpec().getAccessModes().contains("ReadWriteMany"))
                  .isPresent());
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, e.getMessage());
      return false;
    }
  }

  private Optional<PersistentVolume> volume(KubernetesClient client, String volumeId) {
    VolumeAttachment attachment =
        client.storage().v1().volumeAttachments().withName(attachment(volumeId)).get();
    if (attachment == null) {
      throw new CsiException.FailedPrecondition(
          "volume %s is not attached to node %s any more, there is no VolumeAttachment %s: delete the pods here that still have it"
              .formatted(volumeId, node, attachment(volumeId)));
    }
    String name = attachment.getSpec().getSource().getPersistentVolumeName();
    PersistentVolume volume = name == null ? null : client.persistentVolumes().withName(name).get();
    return Optional.ofNullable(volume).filter(v -> v.getSpec().getCsi() != null);
  }

  /** As kubelet and the attach-detach controller name it. */
  private String attachment(String volumeId) {
    try {
      byte[] of = (volumeId + driver + node).getBytes(StandardCharsets.UTF_8);
      return "csi-" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(of));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  private static Told told(KubernetesClient client, CSIPersistentVolumeSource source)
      throws IOException {
    SecretReference reference = source.getNodeStageSecretRef();
    if (reference == null) {
      throw new IOException(
          "the PersistentVolume of %s names no nodeStageSecretRef: make it anew with one, which a class names by csi.storage.k8s.io/node-stage-secret-name"
              .formatted(source.getVolumeHandle()));
    }
    Secret secret =
        client.secrets().inNamespace(reference.getNamespace()).withName(reference.getName()).get();
    if (secret == null) {
      throw new IOException(
          "Secret %s/%s is missing: create it with the userID and userKey of the volume's cluster"
              .formatted(reference.getNamespace(), reference.getName()));
    }
    Map<String, String> attributes = source.getVolumeAttributes();
    return new Told(credentials(secret), attributes == null ? Map.of() : attributes);
  }

  private static Credentials credentials(Secret secret) {
    Map<String, String> plain = new HashMap<>();
    Map<String, String> data = secret.getData();
    if (data != null) {
      data.forEach((key, value) ->
          plain.put(key, new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8)));
    }
    return Secrets.credentials(plain);
  }
}
