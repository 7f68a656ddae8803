package io.cephcsi.cephfs.care;

import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cluster.care.Finding;
import io.cephcsi.cluster.care.Mending;
import io.cephcsi.cluster.care.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;

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
    Function<Case, List<Finding>> judged =
        of ->
            Judgement.of(
                of,
                Instant.now(),
                grace,
                instanceId,
                directory -> MountClients.of(opened, directory));
    return new Mending(
        opened,
        read.cases().stream().flatMap(of -> judged.apply(of).stream()).toList(),
        where ->
            read.survey().again(where).stream().flatMap(of -> judged.apply(of).stream()).toList());
  }
}
