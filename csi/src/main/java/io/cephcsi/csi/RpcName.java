package io.cephcsi.csi;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Message;
import java.util.Map;

/**
 * Which RPC a request is for, and for which lane.
 *
 * @param method the RPC's name in CSI
 * @param lane the id of the cluster that the call works on, or what {@link #inPlace} makes of it;
 *     empty for none
 */
public record RpcName(String method, String lane) {
  /**
   * Of calls whose cluster cannot be told, static volumes' for instance. They may hang, which is
   * not to hinder those that ask what the driver is and can.
   */
  private static final String UNKNOWN = "unknown cluster";

  /** An RPC on a volume or snapshot; the lane is the cluster in its id. */
  public static RpcName on(String method, String id) {
    return new RpcName(method, VolumeId.of(id).map(VolumeId::clusterId).orElse(UNKNOWN));
  }

  /**
   * As {@link #on}, where the pools or filesystems of a cluster hang one by one: each has a lane of
   * its own.
   */
  public static RpcName inPlace(String method, String id) {
    return new RpcName(
        method,
        VolumeId.of(id).map(v -> "%s/%d".formatted(v.clusterId(), v.location())).orElse(UNKNOWN));
  }

  /** An RPC on no cluster: what the driver is and can. */
  public static RpcName ofDriver(String method) {
    return new RpcName(method, "");
  }

  /** An RPC that makes something; the lane is the cluster in the parameters of its class. */
  public static RpcName of(String method, Map<String, String> parameters) {
    return new RpcName(method, parameters.getOrDefault("clusterID", UNKNOWN));
  }

  /**
   * An RPC on all clusters. It has a lane of its own, so that one that hangs does not hinder the
   * calls on none, which say what the driver is and can.
   */
  public static RpcName onAll(String method) {
    return new RpcName(method, "all clusters");
  }

  /**
   * An RPC that asks how a volume is, and never waits long: it has a lane of its own beside the
   * cluster's, where calls may hang just then.
   */
  public static RpcName lookingAt(String method, String id) {
    return new RpcName(method, on(method, id).lane() + " health");
  }

  /**
   * The RPC as gRPC calls it, {@code /csi.v1.Controller/CreateVolume}, by the type of its request.
   */
  public String path(Message request) {
    return request.getDescriptorForType().getFile().getServices().stream()
        .flatMap(service -> service.getMethods().stream())
        .filter(m -> m.getName().equals(method))
        .map(MethodDescriptor::getService)
        .map(service -> "/" + service.getFullName() + "/" + method)
        .findFirst()
        .orElse("/" + method);
  }

  /**
   * The id of the volume or snapshot that the request is about, or its name; {@code -} for none.
   */
  public static String subject(Message request) {
    return CallLog.subject(request);
  }
}
