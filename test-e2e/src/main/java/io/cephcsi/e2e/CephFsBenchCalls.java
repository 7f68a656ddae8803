package io.cephcsi.e2e;

import io.cephcsi.ceph.Cluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures every RPC of the CephFS controller at one number of callers, and the bare command to the
 * manager beside it. Both take turns, round by round, so that whatever else the machine does hits
 * both.
 */
final class CephFsBenchCalls {
  private static final int ROUNDS = 6;
  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  /** One RPC and what it is compared with. */
  private final class Row {
    private final String rpc;
    private final String prefix;
    private final BenchSamples driver = new BenchSamples();
    private final BenchSamples bare = new BenchSamples();
    private long calls;
    private long manager;
    private long monitor;

    Row(String rpc, String prefix) {
      this.rpc = rpc;
      this.prefix = prefix;
    }

    void run(int first, BenchSamples.Work work) throws Exception {
      BenchCommands.Count before = commands.now();
      long operations = ceph.osdOperations();
      driver.add(callers, first, perRound, work);
      driver.addOsdOperations(ceph.osdOperations() - operations);
      BenchCommands.Count sent = commands.now().since(before);
      calls += perRound;
      manager += sent.manager();
      monitor += sent.monitor();
      progress.done(perRound, rpc);
    }

    void runBare(int first, BenchSamples.Work work) throws Exception {
      bare.add(callers, first, perRound, work);
      progress.done(perRound, prefix);
    }

    CephFsBenchCall result() {
      return new CephFsBenchCall(
          rpc,
          callers,
          driver.times(),
          (double) manager / calls,
          (double) monitor / calls,
          prefix.isEmpty() ? List.of() : List.of(new BenchCall.Bare(prefix, bare.times())));
    }
  }

  /**
   * What CreateVolume asks the manager at least: it must tell the path, which is not the answer.
   */
  private static final String CREATE_AND_PATH = "fs subvolume create, fs subvolume getpath";

  private final BenchSamples bareWithPath = new BenchSamples();

  private final Row create = new Row("CreateVolume", "fs subvolume create");
  private final Row again = new Row("CreateVolume again", "");
  private final Row expand = new Row("ControllerExpandVolume", "fs subvolume resize");
  private final Row cut = new Row("CreateSnapshot", "fs subvolume snapshot create");
  private final Row deleteCut = new Row("DeleteSnapshot", "fs subvolume snapshot rm");
  private final Row delete = new Row("DeleteVolume", "fs subvolume rm");

  private final int callers;
  private final int perRound;
  private final BenchDriver driver;
  private final Cluster cluster;
  private final ThrowawayCeph ceph;
  private final BenchCommands commands;
  private final BenchProgress progress;

  CephFsBenchCalls(
      int callers,
      int count,
      BenchDriver driver,
      Cluster cluster,
      ThrowawayCeph ceph,
      BenchProgress progress) {
    this.callers = callers;
    this.perRound = Math.max((count + ROUNDS - 1) / ROUNDS, 4 * callers);
    this.driver = driver;
    this.cluster = cluster;
    this.ceph = ceph;
    this.commands = new BenchCommands(ceph);
    this.progress = progress;
  }

  /**
   * Kind by kind, and deletions last: the manager empties its trash after it has answered, and
   * whatever comes next would wait for that.
   */
  List<CephFsBenchCall> measure() throws Exception {
    progress.expect(13L * ROUNDS * perRound);
    long bytes = 2 * BenchDriver.GIB;
    String snapshot = ",\"snap_name\":\"bench\"";
    rounds(
        first -> create.run(first, n -> driver.create(volume(n))),
        first -> {
          create.runBare(
              first, n -> bare(n, "fs subvolume create", ",\"size\":" + BenchDriver.GIB));
          runBareWithPath(first);
        });
    rounds(first -> again.run(first, n -> driver.create(volume(n))), _ -> {});
    rounds(
        first -> expand.run(first, n -> driver.expand(volume(n), bytes)),
        first ->
            expand.runBare(
                first, n -> bare(n, "fs subvolume resize", ",\"new_size\":\"" + bytes + "\"")));
    rounds(
        first -> cut.run(first, n -> driver.snapshot(volume(n) + "-cut", volume(n))),
        first -> cut.runBare(first, n -> bare(n, "fs subvolume snapshot create", snapshot)));
    rounds(
        first -> deleteCut.run(first, n -> driver.deleteSnapshot(volume(n) + "-cut")),
        first -> deleteCut.runBare(first, n -> bare(n, "fs subvolume snapshot rm", snapshot)));
    rounds(
        first -> delete.run(first, n -> driver.delete(volume(n))),
        first -> delete.runBare(first, n -> bare(n, "fs subvolume rm", "")));
    rounds(this::removeWithPath, _ -> {});
    List<CephFsBenchCall> results = new ArrayList<>();
    results.add(withPath(create.result()));
    for (Row row : List.of(again, expand, cut, deleteCut, delete)) {
      results.add(row.result());
    }
    return results;
  }

  /** A round of one side; the argument is the number of its first call. */
  private interface Round {
    void run(int first) throws Exception;
  }

  /** Both sides take turns in who begins. */
  private void rounds(Round ofDriver, Round ofBare) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      int first = round * perRound;
      (round % 2 == 0 ? ofDriver : ofBare).run(first);
      (round % 2 == 0 ? ofBare : ofDriver).run(first);
    }
  }

  private void runBareWithPath(int first) throws Exception {
    bareWithPath.add(callers, first, perRound, this::bareWithPath);
    progress.done(perRound, CREATE_AND_PATH);
  }

  private void removeWithPath(int first) throws Exception {
    new BenchSamples().add(callers, first, perRound, n -> bare(withPath(n), "fs subvolume rm", ""));
    progress.done(perRound, "clean up");
  }

  private CephFsBenchCall withPath(CephFsBenchCall c) {
    List<BenchCall.Bare> bare = new ArrayList<>(c.bare());
    bare.add(new BenchCall.Bare(CREATE_AND_PATH, bareWithPath.times()));
    return new CephFsBenchCall(c.rpc(), c.callers(), c.driver(), c.manager(), c.monitor(), bare);
  }

  private void bareWithPath(int number) {
    bare(withPath(number), "fs subvolume create", ",\"size\":" + BenchDriver.GIB);
    bare(withPath(number), "fs subvolume getpath", "");
  }

  private void bare(int number, String prefix, String more) {
    bare("bare-%d-%d".formatted(callers, number), prefix, more);
  }

  private void bare(String subvolume, String prefix, String more) {
    String command =
        "{\"prefix\":\"%s\",\"format\":\"json\",\"vol_name\":\"%s\",\"group_name\":\"csi\",\"sub_name\":\"%s\"%s}"
            .formatted(prefix, CephFsBench.FILE_SYSTEM, subvolume, more);
    var _ = cluster.managerCommand(command, TIMEOUT);
  }

  private String withPath(int number) {
    return "bare-path-%d-%d".formatted(callers, number);
  }

  private String volume(int number) {
    return "bench-%d-%d".formatted(callers, number);
  }
}
