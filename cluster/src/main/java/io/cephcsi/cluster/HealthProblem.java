package io.cephcsi.cluster;

import csi.v1.VolumeHealth;
import csi.v1.VolumeHealth.VolumeHealthEntry;
import csi.v1.VolumeHealthErrorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Something that is wrong with a volume.
 *
 * @param reason a word in CamelCase, for machines
 * @param message cause and remedy, for people
 */
public record HealthProblem(VolumeHealthErrorType status, String reason, String message) {
  /** What makes two problems one in CSI. */
  private record Kind(VolumeHealthErrorType status, String reason) {}

  /** The volume can be used, but not as it should. */
  public static HealthProblem degraded(String reason, String message) {
    return new HealthProblem(VolumeHealthErrorType.DEGRADED, reason, message);
  }

  /** The volume cannot be used. */
  public static HealthProblem inaccessible(String reason, String message) {
    return new HealthProblem(VolumeHealthErrorType.INACCESSIBLE, reason, message);
  }

  /** What was in the volume is gone. */
  public static HealthProblem dataLoss(String reason, String message) {
    return new HealthProblem(VolumeHealthErrorType.DATA_LOSS, reason, message);
  }

  /**
   * As CSI tells it; no problems is a healthy volume. Those of one kind become one, as CSI wants.
   */
  public static VolumeHealth told(String volumeId, List<HealthProblem> problems) {
    Map<Kind, String> messages = new LinkedHashMap<>();
    for (HealthProblem problem : problems) {
      messages.merge(
          new Kind(problem.status(), problem.reason()),
          problem.message(),
          (one, other) -> one + "; " + other);
    }
    var told = VolumeHealth.newBuilder().setVolumeId(volumeId);
    messages.forEach((kind, message) -> told.addHealthStatuses(entry(kind, message)));
    return told.build();
  }

  private static VolumeHealthEntry.Builder entry(Kind kind, String message) {
    return VolumeHealthEntry.newBuilder()
        .setStatus(kind.status())
        .setReason(kind.reason())
        .setMessage(message);
  }
}
