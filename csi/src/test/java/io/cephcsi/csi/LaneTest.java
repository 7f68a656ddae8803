package io.cephcsi.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class LaneTest {
  private static final CallSettings TWO = new CallSettings(2, 10);

  private final CrowdedNode node = new CrowdedNode(0);
  private final Lane lane = new Lane("one", TWO, node);

  @AfterEach
  void stop() {
    lane.close();
  }

  @Test
  void execute_noThreadCanBeStarted_isRefusedAndNotKept() throws Exception {
    assertThatThrownBy(() -> lane.execute(() -> {}))
        .isInstanceOf(CsiException.ResourceExhausted.class)
        .hasMessageContaining("no thread can be started for cluster one");
    assertThat(lane.use()).isEqualTo(new LaneUse("one", 2, 0, 0));

    node.makeRoom(1);
    var done = new CountDownLatch(1);
    lane.execute(done::countDown);
    assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void execute_noSecondThreadCanBeStarted_waitsForTheFirst() throws Exception {
    node.makeRoom(1);
    var goesOn = new CountDownLatch(1);
    var done = new CountDownLatch(1);
    var began = new CountDownLatch(1);
    lane.execute(() -> {
      began.countDown();
      await(goesOn);
    });
    await(began);

    lane.execute(done::countDown);

    assertThat(lane.use()).isEqualTo(new LaneUse("one", 2, 1, 1));
    goesOn.countDown();
    assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void execute_workFails_theNextIsDone() throws Exception {
    node.makeRoom(1);
    var done = new CountDownLatch(1);
    lane.execute(() -> {
      throw new IllegalStateException("told to fail");
    });

    lane.execute(done::countDown);

    assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
  }

  /** A connection that has come must not be the last one. */
  @Test
  void patientThreads_noThreadCanBeStarted_waitForOne() throws Exception {
    var done = new CountDownLatch(1);
    try (var threads = new PatientThreads(node)) {
      var waits = Thread.ofPlatform().start(() -> threads.execute(done::countDown));
      assertThat(done.await(300, TimeUnit.MILLISECONDS)).isFalse();

      node.makeRoom(1);

      assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
      waits.join();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
