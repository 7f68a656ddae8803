package io.cephcsi.cephfs.care;

import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cluster.care.Finding;
import io.cephcsi.cluster.care.Mending;
import io.cephcsi.cluster.care.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

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
    Function<String, MountClients> askedOnce = askedOnce(opened);
    return new Mending(
        opened,
        read.cases().stream()
            .flatMap(of -> judged(of, grace, instanceId, askedOnce).stream())
            .toList(),
        // Before anything is mended: somebody may have mounted it since.
        where ->
            read.survey().again(where).stream()
                .flatMap(of ->
                    judged(of, grace, instanceId, directory -> MountClients.of(opened, directory))
                        .stream())
                .toList());
  }

  private static List<Finding> judged(
      Case of, Duration grace, String instanceId, Function<String, MountClients> clients) {
    return Judgement.of(of, Instant.now(), grace, instanceId, clients);
  }

  /** A metadata server that does not answer is waited for once, whatever is to be looked at. */
  private static Function<String, MountClients> askedOnce(OpenFileSystem opened) {
    var asked = new AtomicReference<@Nullable MountSessions>();
    return directory -> {
      MountSessions sessions = asked.get();
      if (sessions == null) {
        sessions = MountSessions.of(opened);
        asked.set(sessions);
      }
      return sessions.below(directory);
    };
  }
}
