package io.cephcsi.ceph;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Every operation on a {@link MemoryCluster} goes through here: counted, noted, one at a time, and
 * failed when a test asks for it. Operations that change something are writes, all others reads.
 * Opening and closing are reads.
 */
public final class MemoryOperations {
  /** The process died: an error, so that no undo or clean-up of the code under test runs. */
  public static final class Crash extends Error {
    Crash(String operation) {
      super("crashed at " + operation);
    }
  }

  private enum Fault {
    NONE,
    FAIL,
    CRASH
  }

  private final List<String> log = new ArrayList<>();
  private int reads;
  private int writes;
  private Fault fault = Fault.NONE;
  private int faultAt;
  private int faultErrno;
  private boolean faultApplies;
  private boolean crashed;
  private Consumer<String> hook = _ -> {};

  /** How many operations have read since the last {@link #reset}. */
  public synchronized int reads() {
    return reads;
  }

  /** How many operations have changed something, or tried, since the last {@link #reset}. */
  public synchronized int writes() {
    return writes;
  }

  /** What was done since the last {@link #reset}, for instance {@code create csi.volume.1}. */
  public synchronized List<String> log() {
    return List.copyOf(log);
  }

  /** Counts and notes from the start; a planned failure that has not come is forgotten. */
  public synchronized void reset() {
    reads = 0;
    writes = 0;
    log.clear();
    fault = Fault.NONE;
    crashed = false;
  }

  /** The n-th write from now (1 is the next) fails and changes nothing. */
  public void failBefore(int n, int errno) {
    plan(Fault.FAIL, n, errno, false);
  }

  /** The n-th write from now is done, but its answer is lost: the caller sees the errno. */
  public void failAfter(int n, int errno) {
    plan(Fault.FAIL, n, errno, true);
  }

  /**
   * The process dies before the n-th write from now: it and every later operation throw {@link
   * Crash}, until {@link #restart}.
   */
  public void crashBefore(int n) {
    plan(Fault.CRASH, n, 0, false);
  }

  /** As {@link #crashBefore}, but the n-th write is still done. */
  public void crashAfter(int n) {
    plan(Fault.CRASH, n, 0, true);
  }

  /**
   * Ends a crash and forgets a planned failure that has not come.
   *
   * @return whether the process had crashed; false tells a loop over n that it is done
   */
  public synchronized boolean restart() {
    boolean was = crashed;
    crashed = false;
    fault = Fault.NONE;
    return was;
  }

  /** Whether a planned failure or crash has yet to come. */
  public synchronized boolean pending() {
    return fault != Fault.NONE;
  }

  /**
   * Runs before each operation, in its thread and outside of all locks, with the text that {@link
   * #log} notes: for tests that let an operation hang, fail or meet another one.
   */
  public synchronized void before(Consumer<String> hook) {
    this.hook = hook;
  }

  <T> T read(String operation, Supplier<T> body) {
    hook().accept(operation);
    synchronized (this) {
      refuseWhenCrashed(operation);
      reads++;
      log.add(operation);
      return body.get();
    }
  }

  <T> T write(String operation, Supplier<T> body) {
    hook().accept(operation);
    synchronized (this) {
      refuseWhenCrashed(operation);
      writes++;
      log.add(operation);
      boolean due = fault != Fault.NONE && --faultAt == 0;
      if (due && !faultApplies) {
        throw strike(operation);
      }
      T result = body.get();
      if (due) {
        throw strike(operation);
      }
      return result;
    }
  }

  private synchronized Consumer<String> hook() {
    return hook;
  }

  private synchronized void plan(Fault what, int n, int errno, boolean applies) {
    if (n < 1) {
      throw new IllegalArgumentException("the next write is 1, not " + n);
    }
    fault = what;
    faultAt = n;
    faultErrno = errno;
    faultApplies = applies;
  }

  private RuntimeException strike(String operation) {
    Fault what = fault;
    fault = Fault.NONE;
    if (what == Fault.CRASH) {
      crashed = true;
      throw new Crash(operation);
    }
    return new CephException(faultErrno, operation);
  }

  private void refuseWhenCrashed(String operation) {
    if (crashed) {
      throw new Crash(operation);
    }
  }
}
