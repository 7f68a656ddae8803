package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cephcsi.ceph.Processes;
import java.nio.file.Files;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The driver with a real kernel's CephFS client, in user-mode-linux guests; {@link GuestCephFs} is
 * what runs in them. Left out, with the reason, where no guest can run.
 */
@Tag("cephfs")
class GuestCephFsIT {
  private static @Nullable Guests guests;

  @BeforeAll
  static void start() throws Exception {
    guests = GuestsOrNot.start(GuestCephFs.class);
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

  /** C16, C19. */
  @Test
  void volumeLife_driverKilledBetweenAllSteps_endsWithNothingLeft() {
    guests().guest(0, "life").passes();
  }

  @Test
  void csiSanity_controllerAndNodeWithTheKernelsClient_hasNoFailure() {
    guests().guest(0, "sanity").passes();
  }

  @Test
  void stage_besideTheSameByHand_isMeasured() {
    Guests.Outcome outcome = guests().guest(0, "stage");

    outcome.passes();
    assertThat(outcome.output()).containsPattern("ratio [0-9.]+");
  }

  @Test
  void use_kernelWithDebugfs_isTold() throws Exception {
    Optional<String> trouble = Guests.troubleEmulated();
    trouble.ifPresent(why -> System.out.println("emulated guest left out: " + why));
    assumeTrue(trouble.isEmpty(), trouble.orElse(""));

    guests().emulated("use").passes();
  }

  /** Two nodes have the volume at once; C24, C36 on one of them. */
  @Test
  void sharedVolume_oneNodeWritesAndTheOtherReads() throws Exception {
    try (var nodes = Executors.newFixedThreadPool(2)) {
      var writer = nodes.submit(() -> guests().guest(0, "writer"));
      var reader = nodes.submit(() -> guests().guest(1, "reader"));

      reader.get(8, TimeUnit.MINUTES).passes();
      writer.get(8, TimeUnit.MINUTES).passes();
    }
  }

  @Test
  void evictedClient_comesBack() {
    guests().guest(0, "evicted").passes();
  }

  @Test
  void metadataServerStopped_isToldInTimeAndMendsItself() throws Exception {
    try (ThrowawayCeph ceph = guests().running();
        var nodes = Executors.newSingleThreadExecutor()) {
      var node = nodes.submit(() -> guests().guest(0, "silent"));
      try {
        guests().awaitMeeting("staged", node);
        Processes.stop(Long.parseLong(ceph.entry("mds_pid")));
        Files.writeString(guests().meeting().resolve("stopped"), "");
        guests().awaitMeeting("told", node);
      } finally {
        Processes.resume(Long.parseLong(ceph.entry("mds_pid")));
      }

      node.get(8, TimeUnit.MINUTES).passes();
    }
  }
}
