package io.cephcsi.csi;

import com.google.errorprone.annotations.MustBeClosed;
import java.util.Locale;

/** A part of a call whose time is told apart: by metrics, by traces, by the line of a slow call. */
public enum Phase {
  /** Lending a connection to a cluster; making one first if there is none. */
  CONNECT,
  /** Reading and writing the journal. */
  JOURNAL,
  /** Making, copying, growing or discarding an image or subvolume. */
  IMAGE,
  /** Making a block device of an image, or taking it away. */
  MAP,
  MKFS,
  FSCK,
  MOUNT,
  /** Letting a filesystem fill its device. */
  GROW,
  /** Waiting for the manager. */
  MGR;

  static final Running UNHEARD = () -> {};

  /** A phase that goes on; closing it ends it. */
  public interface Running extends AutoCloseable {
    @Override
    void close();
  }

  /** Begins it, in the call of this thread. Outside of a call nobody hears of it. */
  @MustBeClosed
  public Running begin() {
    return CallProgress.CURRENT.isBound() ? CallProgress.CURRENT.get().begin(this) : UNHEARD;
  }

  /** As metrics and logs have it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
