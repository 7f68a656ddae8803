package io.cephcsi.cluster.care;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.Opened;
import io.cephcsi.csi.CsiException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Mends what is damaged in a place, while drivers may be at work there: each thing is looked at
 * again right before, and each change of the journal is made only to what was read.
 */
public final class Mending {
  private final Opened opened;
  private final List<Finding> findings;
  private final Function<Place, List<Finding>> again;

  /**
   * @param findings what is damaged, what is left alone among it
   * @param again looks at one thing again
   */
  public Mending(Opened opened, List<Finding> findings, Function<Place, List<Finding>> again) {
    this.opened = opened;
    this.findings = List.copyOf(findings);
    this.again = again;
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
    if (!again.apply(finding.where()).contains(finding)) {
      return new Outcome.Changed();
    }
    Pool pool = opened.pool();
    List<Step> done = new ArrayList<>();
    try {
      for (Step step : finding.steps()) {
        backup.accept(step);
        if (!step.run(opened)) {
          takeBack(pool, done);
          return new Outcome.Changed();
        }
        done.addFirst(step);
      }
      return new Outcome.Mended();
    } catch (CephException | CsiException e) {
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
