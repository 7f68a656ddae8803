package io.cephcsi.cephfs.care;

import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cluster.care.Finding;
import io.cephcsi.cluster.care.Mending;
import io.cephcsi.cluster.care.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Finds what is damaged in a filesystem's volumes. */
public final class SubvolumeCare {
  private SubvolumeCare() {}

  /**
   * Reads all of a filesystem's journal, and its subvolumes in the group of config.json.
   *
   * @param grace what was touched since is left alone
   * @param instanceId whose directory gets back a name that was lost
   */
  public static Mending of(
      OpenFileSystem opened, Duration grace, String instanceId, Progress progress) {
    Survey.Result read = Survey.of(opened, progress);
    return new Mending(
        opened,
        read.cases().stream().flatMap(c -> judged(c, grace, instanceId).stream()).toList(),
        where ->
            read.survey().again(where).stream()
                .flatMap(c -> judged(c, grace, instanceId).stream())
                .toList());
  }

  private static List<Finding> judged(Case of, Duration grace, String instanceId) {
    return Judgement.of(of, Instant.now(), grace, instanceId);
  }
}
