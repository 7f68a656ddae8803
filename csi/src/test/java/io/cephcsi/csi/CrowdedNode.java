package io.cephcsi.csi;

import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;

/** A node that has room for so many threads, and for no more. */
final class CrowdedNode implements ThreadFactory {
  private final Semaphore room;

  /**
   * @param room how many more can be started
   */
  CrowdedNode(int room) {
    this.room = new Semaphore(room);
  }

  /** Lets so many more be started. */
  void makeRoom(int more) {
    room.release(more);
  }

  @Override
  public Thread newThread(Runnable work) {
    if (!room.tryAcquire()) {
      throw new OutOfMemoryError("unable to create native thread");
    }
    return new Thread(work);
  }
}
