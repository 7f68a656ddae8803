package io.cephcsi.ceph;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How connections are made and kept. Times are rounded up to whole seconds.
 *
 * @param mountTimeout how long connecting may take
 * @param monitorTimeout how long a question to the monitors or the manager may take
 * @param osdTimeout how long an operation on an object may take; nothing can interrupt it earlier
 * @param idleTime how long a connection that nobody uses is kept
 * @param configurationFile a {@code ceph.conf} that is read first; null for none. What it says of
 *     the user and these times does not count, and of monitors and key only where none are given.
 */
public record ConnectionSettings(
    Duration mountTimeout,
    Duration monitorTimeout,
    Duration osdTimeout,
    Duration idleTime,
    @Nullable Path configurationFile) {
  /** Half a minute to connect, one minute for an operation, ten minutes idle. */
  public static final ConnectionSettings DEFAULT =
      new ConnectionSettings(
          Duration.ofSeconds(30),
          Duration.ofSeconds(30),
          Duration.ofMinutes(1),
          Duration.ofMinutes(10),
          null);

  public ConnectionSettings {
    requirePositive(mountTimeout, "mount timeout");
    requirePositive(monitorTimeout, "monitor timeout");
    requirePositive(osdTimeout, "osd timeout");
    requirePositive(idleTime, "idle time");
  }

  private static void requirePositive(Duration time, String name) {
    if (!time.isPositive()) {
      throw new IllegalArgumentException(name + " must be positive, not " + time);
    }
  }
}
