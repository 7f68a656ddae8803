package io.cephcsi.rbd.care;

import io.cephcsi.cluster.care.Finding;
import io.cephcsi.cluster.care.Mending;
import io.cephcsi.cluster.care.Progress;
import io.cephcsi.rbd.OpenPool;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Finds what is damaged in a pool of images. */
public final class ImageCare {
  private ImageCare() {}

  /**
   * Reads all of a pool.
   *
   * @param grace what was touched since is left alone
   * @param instanceId whose directory gets back a name that was lost
   */
  public static Mending of(OpenPool place, Duration grace, String instanceId, Progress progress) {
    Survey.Result read = Survey.of(place, progress);
    return new Mending(
        place,
        read.cases().stream().flatMap(c -> judged(c, grace, instanceId).stream()).toList(),
        where -> judged(read.survey().again(where), grace, instanceId));
  }

  private static List<Finding> judged(Case of, Duration grace, String instanceId) {
    return Judgement.of(of, Instant.now(), grace, instanceId);
  }
}
