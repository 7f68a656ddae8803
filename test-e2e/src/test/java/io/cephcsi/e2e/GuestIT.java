package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.ceph.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The driver with a real kernel's RBD client, in user-mode-linux guests; {@link GuestSuite} is what
 * runs in them. Left out, with the reason, where no guest can run.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class GuestIT {
  private static @Nullable Guests guests;

  @BeforeAll
  static void start() throws Exception {
    guests = GuestsOrNot.start(GuestSuite.class, "--no-cephfs");
  }

  @AfterAll
  static void stop() throws Exception {
    if (guests != null) {
      guests.close();
    }
  }

  private static Guests guests() {
    return Objects.requireNonNull(guests);
  }

  private static Guests.Outcome guest(int node, String part) {
    return guests().guest(node, part);
  }

  @Test
  @Order(1)
  void volumeLife_driverKilledBetweenAllSteps_endsWithNothingLeft() throws Exception {
    guest(0, "life").passes();
  }

  @Test
  @Order(2)
  void volumeInUseOnOneNode_isRefusedOnTheOther() throws Exception {
    // The common pool has one thread on two cores, and then there would be one node after the
    // other.
    try (var nodes = Executors.newFixedThreadPool(2)) {
      var first = nodes.submit(() -> guest(0, "first"));
      var second = nodes.submit(() -> guest(1, "second"));

      second.get(8, TimeUnit.MINUTES).passes();
      first.get(8, TimeUnit.MINUTES).passes();
    }
  }

  /** RWX as a block volume, ROX as both. */
  @Test
  @Order(2)
  void sharedVolume_onTwoNodesAtOnce_isWrittenOrOnlyReadByBoth() throws Exception {
    try (var nodes = Executors.newFixedThreadPool(2)) {
      var owner = nodes.submit(() -> guest(0, "owner"));
      var peer = nodes.submit(() -> guest(1, "peer"));

      peer.get(8, TimeUnit.MINUTES).passes();
      owner.get(8, TimeUnit.MINUTES).passes();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sanity", "sanity-block"})
  @Order(3)
  void csiSanity_controllerAndNodeWithKrbd_hasNoFailure(String part) {
    guest(0, part).passes();
  }

  @Test
  @Order(4)
  void stage_besideTheSameByHand_isMeasured() throws Exception {
    Guests.Outcome outcome = guest(0, "stage");

    outcome.passes();
    assertThat(outcome.output()).contains("ratio");
  }

  @ParameterizedTest
  @ValueSource(strings = {"place", "nbd", "ill"})
  @Order(5)
  void node_networkNamespaceOrKilledNbdOrIllFilesystem_isAsItShouldBe(String part) {
    guest(0, part).passes();
  }

  @Test
  @Order(6)
  void volumesWrittenByAPod_areCutAtOneMoment() {
    guest(0, "group").passes();
  }

  @Test
  @Order(7)
  void nodeStoppedAmidWriting_isFencedAndWritesNoMore() throws Exception {
    try (var nodes = Executors.newFixedThreadPool(2)) {
      var lost = nodes.submit(() -> guest(0, "lost"));
      var heir = nodes.submit(() -> guest(1, "heir"));

      guests().awaitMeeting("heir-ready", heir);
      guests().awaitMeeting("writing", lost);
      List<ProcessHandle> stopped = processes("node1");
      assertThat(stopped).isNotEmpty();
      for (ProcessHandle process : stopped) {
        Processes.stop(process.pid());
      }
      Files.writeString(guests().meeting().resolve("stopped"), "");
      guests().awaitMeeting("taken", heir);
      for (ProcessHandle process : stopped) {
        Processes.resume(process.pid());
      }

      heir.get(8, TimeUnit.MINUTES).passes();
      lost.get(8, TimeUnit.MINUTES).passes();
    }
  }

  /** The kernel of a guest of ours; what runs below it stands still with it. */
  private static List<ProcessHandle> processes(String host) {
    return ProcessHandle.current()
        .descendants()
        .filter(process -> isKernel(process.pid(), host))
        .toList();
  }

  private static boolean isKernel(long pid, String host) {
    try {
      Path process = Path.of("/proc", Long.toString(pid));
      String command = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
      return command.startsWith(Guests.GUEST.resolve("usr/bin/linux.uml").toString())
          && command.contains("G_HOST=" + host + "\0")
          && Files.readString(process.resolve("status")).contains("TracerPid:\t0\n");
    } catch (IOException e) {
      return false; // it has ended
    }
  }
}
