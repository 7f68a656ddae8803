package io.cephcsi.e2e;

import io.cephcsi.e2e.BenchSamples.Work;
import java.util.List;

/**
 * Measures snapshots, restores and copies at one number of callers, and the bare calls of librbd
 * beside them. Each call has a volume of its own to work on. All operations are counted until
 * nothing goes on in the background any more.
 */
final class BenchCopies {
  /** What ceph-csi takes a second for is measured less often than the rest. */
  private static final int SERIAL = 8;

  private static final int PARALLEL = 50;

  /** Of each snapshot at one caller: the first of them are not what most are like. */
  private static final int RESTORES = 6;

  private final int callers;
  private final int calls;
  private final int restores;
  private final BenchDriver driver;
  private final BenchBare bare;
  private final BenchOsd osd;
  private final BenchProgress progress;

  BenchCopies(
      int callers, BenchDriver driver, BenchBare bare, BenchOsd osd, BenchProgress progress) {
    this.callers = callers;
    this.calls = callers == 1 ? SERIAL : PARALLEL;
    this.restores = callers == 1 ? RESTORES : 1;
    this.driver = driver;
    this.bare = bare;
    this.osd = osd;
    this.progress = progress;
  }

  List<BenchCall> measure() throws Exception {
    progress.expect((9L + 3L * restores) * calls);
    var _ = run("prepare", n -> driver.create(source(n)));
    var _ = run("prepare", n -> bare.create(image(n)));
    BenchTimes snapshot = run("CreateSnapshot", n -> driver.snapshot(cut(n), source(n)));
    BenchTimes bareSnapshot = run("rbd_snap_create", n -> bare.snapshot(image(n)));
    BenchTimes bareClone = run("rbd_clone3", n -> bare.cloneOf(image(n)));
    var _ = run("prepare", n -> bare.snapshotClone(image(n)));
    BenchTimes bareRestore =
        restores("rbd_clone3 of a clone", n -> bare.cloneOfClone(image(n % calls), n / calls));
    BenchTimes restore =
        restores("CreateVolume from snapshot", n -> driver.restore(restored(n), cut(n % calls)));
    BenchTimes copy = run("CreateVolume from volume", n -> driver.copy(copied(n), source(n)));
    BenchTimes deleteCopy = run("DeleteVolume of a copy", n -> driver.delete(copied(n)));
    BenchTimes deleteRestored =
        restores("DeleteVolume of a restored", n -> driver.delete(restored(n)));
    BenchTimes deleteSnapshot = run("DeleteSnapshot", n -> driver.deleteSnapshot(cut(n)));
    var _ = run("clean up", n -> driver.delete(source(n)));
    var _ = run("clean up", n -> bare.removeWithClones(image(n), restores));
    var snap = new BenchCall.Bare("rbd_snap_create", bareSnapshot);
    var clone = new BenchCall.Bare("rbd_clone3", bareClone);
    var cloneOfClone = new BenchCall.Bare("rbd_clone3 of a clone", bareRestore);
    return List.of(
        new BenchCall("CreateSnapshot", callers, snapshot, List.of(snap, clone)),
        new BenchCall("CreateVolume from snapshot", callers, restore, List.of(cloneOfClone, clone)),
        new BenchCall("CreateVolume from volume", callers, copy, List.of(snap, clone, clone)),
        new BenchCall("DeleteSnapshot", callers, deleteSnapshot, List.of()),
        new BenchCall("DeleteVolume of a copy", callers, deleteCopy, List.of()),
        new BenchCall("DeleteVolume of a restored", callers, deleteRestored, List.of()));
  }

  private BenchTimes run(String what, Work work) throws Exception {
    return run(what, calls, work);
  }

  private BenchTimes restores(String what, Work work) throws Exception {
    return run(what, calls * restores, work);
  }

  private BenchTimes run(String what, int times, Work work) throws Exception {
    var samples = new BenchSamples();
    long before = osd.count();
    samples.add(callers, 0, times, work);
    samples.addOsdOperations(osd.countAfterPurges() - before);
    progress.done(times, what);
    return samples.times();
  }

  private String source(int number) {
    return "bench-source-%d-%d".formatted(callers, number);
  }

  private String image(int number) {
    return "bench-bare-source-%d-%d".formatted(callers, number);
  }

  private String cut(int number) {
    return "bench-cut-%d-%d".formatted(callers, number);
  }

  private String restored(int number) {
    return "bench-restored-%d-%d".formatted(callers, number);
  }

  private String copied(int number) {
    return "bench-copied-%d-%d".formatted(callers, number);
  }
}
