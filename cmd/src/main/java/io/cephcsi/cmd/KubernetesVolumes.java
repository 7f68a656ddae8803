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
import java.util.Base64;
import java.util.HashMap;
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
    } catch (IOException | CsiException e) {
      LOG.log(System.Logger.Level.WARNING, e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<Told> find(KubernetesClient client, String volumeId) throws IOException {
    for (VolumeAttachment attachment :
        client.storage().v1().volumeAttachments().list().getItems()) {
      if (attachment.getSpec().getAttacher().equals(driver)
          && attachment.getSpec().getNodeName().equals(node)) {
        Optional<CSIPersistentVolumeSource> source =
            source(client, attachment).filter(s -> volumeId.equals(s.getVolumeHandle()));
        if (source.isPresent()) {
          return Optional.of(told(client, source.get()));
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<CSIPersistentVolumeSource> source(
      KubernetesClient client, VolumeAttachment attachment) {
    String name = attachment.getSpec().getSource().getPersistentVolumeName();
    if (name == null) {
      return Optional.empty();
    }
    PersistentVolume volume = client.persistentVolumes().withName(name).get();
    return volume == null ? Optional.empty() : Optional.ofNullable(volume.getSpec().getCsi());
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
