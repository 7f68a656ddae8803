package io.cephcsi.rbd.care;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Pool;
import io.cephcsi.rbd.OpenPool;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Finds what is damaged in a pool, and mends it, while drivers may be at work there: each thing is
 * looked at again right before, and each change of the journal is made only to what was read.
 */
public final class Mending {
  private final OpenPool place;
  private final Duration grace;
  private final String instanceId;
  private final Survey survey;
  private final List<Finding> findings;

  private Mending(OpenPool place, Duration grace, String instanceId, Survey.Result read) {
    this.place = place;
    this.grace = grace;
    this.instanceId = instanceId;
    this.survey = read.survey();
    this.findings =
        read.cases().stream()
            .flatMap(of -> Judgement.of(of, Instant.now(), grace, instanceId).stream())
            .toList();
  }

  /**
   * Reads all of a pool.
   *
   * @param grace what was touched since is left alone
   * @param instanceId whose directory gets back a name that was lost
   */
  public static Mending of(OpenPool place, Duration grace, String instanceId, Progress progress) {
    return new Mending(place, grace, instanceId, Survey.of(place, progress));
  }

  /** What is damaged, what is left alone among it. */
  public List<Finding> findings() {
    return findings;
  }

  /** How a repair went. */
  public sealed interface Outcome {
    /** It is mended. */
    record Mended() implements Outcome {}

    /** It is not as it was any more; nothing was changed. */
    record Changed() implements Outcome {}

    /**
     * Ceph refused a step; those before it were taken back where that is possible.
     *
     * @param why Ceph's answer
     */
    record Failed(String why) implements Outcome {}
  }

  /**
   * Mends it.
   *
   * @param backup gets each step right before it is done
   */
  public Outcome mend(Finding finding, Consumer<Step> backup) {
    Case now = survey.again(finding.where());
    if (!Judgement.of(now, Instant.now(), grace, instanceId).contains(finding)) {
      return new Outcome.Changed();
    }
    Pool pool = place.pool();
    List<Step> done = new ArrayList<>();
    try {
      for (Step step : finding.steps()) {
        backup.accept(step);
        if (!step.run(pool)) {
          takeBack(pool, done);
          return new Outcome.Changed();
        }
        done.addFirst(step);
      }
      return new Outcome.Mended();
    } catch (CephException e) {
      takeBack(pool, done);
      return new Outcome.Failed(String.valueOf(e.getMessage()));
    }
  }

  /** The last one first. */
  private static void takeBack(Pool pool, List<Step> done) {
    for (Step step : done) {
      var _ = step.undo(pool);
    }
  }
}
