package io.cephcsi.rbd.node;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Puts processes behind the devices of staged volumes whose own have ended, by itself: what pods
 * read and write waits there, and is given up when that takes too long. Processes end with the
 * driver's container, and kubelet does not stage a volume again.
 */
final class Healer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("cephcsi");
  private static final int AT_A_TIME = 8;

  private final Devices devices;
  private final Revival revival;
  private final Mounts mounts;
  private final NameLocks names;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("healer").daemon().factory());
  // A cluster that does not answer must not keep the volumes of others waiting.
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          AT_A_TIME, Thread.ofPlatform().name("healer-", 1).daemon().factory());
  private final Set<Path> underWay = ConcurrentHashMap.newKeySet();
  private final Map<Path, String> told = new ConcurrentHashMap<>();

  Healer(Devices devices, Revival revival, Mounts mounts, NameLocks names) {
    this.devices = devices;
    this.revival = revival;
    this.mounts = mounts;
    this.names = names;
  }

  /** A volume's device without a process, and what its staging directory remembers. */
  private record Patient(String volumeId, Stash stash, Devices.Held held) {}

  /** Looks now, and then again after each pause. */
  void start(Duration pause) {
    var _ = clock.scheduleWithFixedDelay(this::look, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
  }

  // What fails is tried again at the next look; nobody else is there to hear of it.
  private void look() {
    try {
      for (Devices.Held held : devices.lost()) {
        Path device = held.device().path();
        if (underWay.add(device)) {
          begin(held);
        }
      }
    } catch (RuntimeException | OutOfMemoryError e) {
      LOG.log(System.Logger.Level.WARNING, "look for devices without a process", e);
    }
  }

  /** A node may have no room for one more thread, and have it later. */
  private void begin(Devices.Held held) {
    try {
      threads.execute(() -> heal(held));
    } catch (RuntimeException | OutOfMemoryError e) {
      underWay.remove(held.device().path());
      throw e;
    }
  }

  private void heal(Devices.Held held) {
    Path device = held.device().path();
    try {
      patient(held).ifPresent(this::heal);
      told.remove(device);
    } catch (RuntimeException e) {
      String why = String.valueOf(e.getMessage());
      if (!why.equals(told.put(device, why))) {
        LOG.log(System.Logger.Level.WARNING, "{0} gets no new process yet: {1}", device, why);
      }
    } finally {
      underWay.remove(device);
    }
  }

  private void heal(Patient patient) {
    try (var _ = names.hold(patient.volumeId())) {
      var now =
          devices.lost(patient.volumeId(), Optional.of(patient.stash())).map(Devices.Held::device);
      if (now.filter(patient.held().device()::equals).isPresent()) {
        var _ = revival.revive(patient.volumeId(), patient.stash(), patient.held());
        LOG.log(
            System.Logger.Level.INFO,
            "volume {0}: {1} has a new process, what waited there goes on",
            patient.volumeId(),
            patient.held().device().path());
      }
    } catch (CsiException.Aborted e) {
      // A call works on the volume, and sees to it.
    }
  }

  /** Empty when nothing of the device is mounted: nothing waits there. */
  private Optional<Patient> patient(Devices.Held held) {
    return mounts.all().stream()
        .filter(mount -> devices.isShownBy(mount, held.device()))
        .flatMap(mount -> patient(held, mount).stream())
        .findFirst();
  }

  private static Optional<Patient> patient(Devices.Held held, Mount mount) {
    Path directory = mount.path().getParent();
    if (directory == null) {
      return Optional.empty();
    }
    try {
      String cookie = held.device().volumeId();
      String volumeId = cookie.isEmpty() ? String.valueOf(mount.path().getFileName()) : cookie;
      return Stash.read(directory)
          .filter(Stash::nbd)
          .map(stash -> new Patient(volumeId, stash, held));
    } catch (IOException e) {
      throw new UncheckedIOException("read the stash in " + directory, e);
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    threads.shutdownNow();
  }
}
