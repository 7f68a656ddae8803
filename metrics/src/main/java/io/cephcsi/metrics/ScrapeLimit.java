package io.cephcsi.metrics;

import java.util.function.LongSupplier;

/** How often may be scraped: ten times at once, and then twice a second. */
final class ScrapeLimit {
  private static final int MOST = 10;
  private static final long NANOS_PER_SCRAPE = 500_000_000;

  private final LongSupplier nanos;
  private long emptyAt;

  /**
   * @param nanos the time, as {@link System#nanoTime}
   */
  ScrapeLimit(LongSupplier nanos) {
    this.nanos = nanos;
    this.emptyAt = nanos.getAsLong() - MOST * NANOS_PER_SCRAPE;
  }

  /** Whether one more is allowed now. */
  synchronized boolean allows() {
    long now = nanos.getAsLong();
    // What was not used for long is not saved up.
    emptyAt = Math.max(emptyAt, now - MOST * NANOS_PER_SCRAPE);
    if (emptyAt + NANOS_PER_SCRAPE > now) {
      return false;
    }
    emptyAt += NANOS_PER_SCRAPE;
    return true;
  }
}
