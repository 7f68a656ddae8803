package io.cephcsi.rbd;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.RpcName;
import io.cephcsi.csi.VolumeId;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the id of a volume says of where its image is. */
public sealed interface VolumeHandle {
  /** The cluster's id in config.json. */
  String clusterId();

  /** Of a volume that this driver or ceph-csi made: the journal knows its image. */
  record Journaled(VolumeId id) implements VolumeHandle {
    @Override
    public String clusterId() {
      return id.clusterId();
    }
  }

  /**
   * Of a volume that Kubernetes' former in-tree driver made, as the CSI migration translates it:
   * {@code mig_mons-<md5>_image-<uuid>_<pool's name in hex>}.
   *
   * @param clusterId the MD5 of its monitors, under which config.json has the cluster
   */
  record InTree(String clusterId, String pool, String image) implements VolumeHandle {
    private static final Pattern FORM =
        Pattern.compile("mig_mons-([^_]+)_image-([^_/]+)_((?:[0-9a-fA-F]{2})+)");
  }

  /**
   * Of an image that an admin made: {@code clusterID/pool/image}. A handle that is the image's name
   * alone, as ceph-csi has it, says too little for calls that come without a volume context.
   */
  record Static(String clusterId, String pool, String image) implements VolumeHandle {}

  /**
   * Reads an id; empty when it has none of the forms.
   *
   * @throws CsiException.InvalidArgument when it begins as one of the in-tree driver's and does not
   *     go on as such
   */
  static Optional<VolumeHandle> of(String text) {
    if (text.startsWith("mig_")) {
      return Optional.of(inTree(text));
    }
    Optional<VolumeHandle> journaled = VolumeId.of(text).map(Journaled::new);
    return journaled.isPresent() ? journaled : byName(text);
  }

  /** An RPC on a volume; the lane is the cluster in its id, where there is one. */
  static RpcName rpc(String method, String id) {
    try {
      return of(id)
          .map(handle -> new RpcName(method, handle.clusterId()))
          .orElseGet(() -> RpcName.on(method, id));
    } catch (CsiException.InvalidArgument e) {
      return RpcName.on(method, id); // the call itself refuses it
    }
  }

  private static Optional<VolumeHandle> byName(String text) {
    List<String> parts = List.of(text.split("/", -1));
    return parts.size() == 3 && parts.stream().noneMatch(String::isEmpty)
        ? Optional.of(new Static(parts.get(0), parts.get(1), parts.get(2)))
        : Optional.empty();
  }

  private static InTree inTree(String text) {
    Matcher parts = InTree.FORM.matcher(text);
    if (!parts.matches()) {
      throw new CsiException.InvalidArgument(
          "volume id %s begins as one of the in-tree driver's, but is not mig_mons-<md5>_image-<uuid>_<pool in hex>: correct the PersistentVolume's volumeHandle"
              .formatted(text));
    }
    byte[] pool = HexFormat.of().parseHex(parts.group(3));
    return new InTree(
        parts.group(1),
        new String(pool, StandardCharsets.UTF_8),
        "kubernetes-dynamic-pvc-" + parts.group(2));
  }
}
