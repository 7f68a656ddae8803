package io.cephcsi.e2e;

import io.cephcsi.e2e.BenchSamples.Work;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures every RPC at one number of callers, and the bare call of librbd beside it. Both take
 * turns, round by round, so that whatever else the machine does hits both.
 *
 * <p>The Node service's RPCs are in {@link BenchNode}.
 */
final class BenchCalls {
  /** What is to be measured for each kind of call. */
  record Plan(int callers, int rounds, int perRound) {
    /** At least some calls for each caller in a round, so that most of it has all of them at it. */
    static Plan of(int callers, int count) {
      int rounds = 6;
      return new Plan(callers, rounds, Math.max((count + rounds - 1) / rounds, 6 * callers));
    }
  }

  /** Each lists every volume that there is. */
  private static final int LISTS = 20;

  private final BenchSamples create = new BenchSamples();
  private final BenchSamples again = new BenchSamples();
  private final BenchSamples expand = new BenchSamples();
  private final BenchSamples delete = new BenchSamples();
  private final BenchSamples list = new BenchSamples();
  private final BenchSamples bareCreate = new BenchSamples();
  private final BenchSamples bareWithEntry = new BenchSamples();
  private final BenchSamples bareResize = new BenchSamples();
  private final BenchSamples bareMove = new BenchSamples();
  private final BenchSamples barePurge = new BenchSamples();

  private final Plan plan;
  private final BenchDriver driver;
  private final BenchBare bare;
  private final BenchOsd osd;
  private final BenchProgress progress;

  BenchCalls(Plan plan, BenchDriver driver, BenchBare bare, BenchOsd osd, BenchProgress progress) {
    this.plan = plan;
    this.driver = driver;
    this.bare = bare;
    this.osd = osd;
    this.progress = progress;
  }

  List<BenchCall> measure() throws Exception {
    progress.expect((long) (plan.rounds() + 1) * 11 * plan.perRound());
    makeForExpansion();
    for (int round = 0; round < plan.rounds(); round++) {
      round(round);
    }
    removeAfterExpansion();
    long before = osd.count();
    list.add(plan.callers(), 0, LISTS, _ -> driver.list());
    list.addOsdOperations(osd.count() - before);
    return rows();
  }

  private void round(int round) throws Exception {
    int first = round * plan.perRound();
    create(round, first);
    run("CreateVolume again", again, first, n -> driver.create(volume(n)));

    long bytes = (2L + round) * BenchDriver.GIB;
    run("ControllerExpandVolume", expand, 0, n -> driver.expand(growing(n), bytes));
    run("rbd_resize", bareResize, 0, n -> bare.resize(growing(n), bytes));

    for (int n = first; n < first + plan.perRound(); n++) {
      bare.remember(image(n));
    }
    run("rbd_trash_move", bareMove, first, n -> bare.trashMove(image(n)));
    run("rbd_trash_remove", barePurge, first, n -> bare.trashRemove(image(n)));
    runAndPurge("DeleteVolume", delete, first, n -> driver.delete(volume(n)));
  }

  /** Who begins has the machine as the purges of the round before have left it. */
  private void create(int round, int first) throws Exception {
    if (round % 2 == 1) {
      bareCreate(first);
    }
    run("CreateVolume", create, first, n -> driver.create(volume(n)));
    if (round % 2 == 0) {
      bareCreate(first);
    }
    run("clean up", new BenchSamples(), first, n -> bare.removeWithEntry(withEntry(n)));
  }

  private void bareCreate(int first) throws Exception {
    run("rbd_create4", bareCreate, first, n -> bare.create(image(n)));
    run("rbd_create4 with entry", bareWithEntry, first, n -> bare.createWithEntry(withEntry(n)));
  }

  private void makeForExpansion() throws Exception {
    var unmeasured = new BenchSamples();
    run("prepare", unmeasured, 0, n -> driver.create(growing(n)));
    run("prepare", unmeasured, 0, n -> bare.create(growing(n)));
  }

  private void removeAfterExpansion() throws Exception {
    var unmeasured = new BenchSamples();
    runAndPurge("clean up", unmeasured, 0, n -> driver.delete(growing(n)));
    run("clean up", unmeasured, 0, n -> bare.remove(growing(n)));
  }

  private void run(String what, BenchSamples samples, int first, Work work) throws Exception {
    long before = osd.count();
    samples.add(plan.callers(), first, plan.perRound(), work);
    samples.addOsdOperations(osd.count() - before);
    progress.done(plan.perRound(), what);
  }

  /** Also counts, but does not time, the purges that go on after the calls. */
  private void runAndPurge(String what, BenchSamples samples, int first, Work work)
      throws Exception {
    long before = osd.count();
    samples.add(plan.callers(), first, plan.perRound(), work);
    samples.addOsdOperations(osd.countAfterPurges() - before);
    progress.done(plan.perRound(), what);
  }

  private List<BenchCall> rows() {
    List<BenchCall> rows = new ArrayList<>();
    rows.add(
        row(
            "CreateVolume",
            create,
            bare("rbd_create4", bareCreate),
            bare("rbd_create4 with a journal entry", bareWithEntry)));
    rows.add(row("CreateVolume again", again));
    rows.add(row("ControllerExpandVolume", expand, bare("rbd_resize", bareResize)));
    rows.add(
        row(
            "DeleteVolume",
            delete,
            bare("rbd_trash_move", bareMove),
            bare("rbd_trash_remove", barePurge)));
    rows.add(row("ListVolumes", list));
    return rows;
  }

  private BenchCall row(String rpc, BenchSamples driver, BenchCall.Bare... bare) {
    return new BenchCall(rpc, plan.callers(), driver.times(), List.of(bare));
  }

  private static BenchCall.Bare bare(String call, BenchSamples samples) {
    return new BenchCall.Bare(call, samples.times());
  }

  private String volume(int number) {
    return "bench-%d-%d".formatted(plan.callers(), number);
  }

  private String image(int number) {
    return "bench-bare-%d-%d".formatted(plan.callers(), number);
  }

  private String withEntry(int number) {
    return "bench-entry-%d-%d".formatted(plan.callers(), number);
  }

  private String growing(int number) {
    return "bench-grow-%d-%d".formatted(plan.callers(), number);
  }
}
