package io.cephcsi.ceph;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An open RBD image. For one thread at a time; the block that opened it closes it. */
public interface Image extends AutoCloseable {
  /** The image's id, which stays when it is renamed or moved to the trash. */
  String id();

  long sizeBytes();

  /** A mask of {@link Feature} bits. */
  long features();

  /**
   * Sets the size, also a smaller one; the image must be open for writing. C: {@code rbd_resize}.
   */
  void resize(long sizeBytes);

  /** The image and snapshot that it was cloned from; empty when there is none. */
  Optional<ParentImage> parent();

  /**
   * The clients that have it open for writing, this one included if it has. C: {@code
   * rbd_watchers_list}.
   */
  List<Watcher> watchers();

  /** All metadata. C: {@code rbd_metadata_list}. */
  Map<String, String> metadata();

  /** Sets a metadata entry. C: {@code rbd_metadata_set}. */
  void putMetadata(String key, String value);

  /** Removes a metadata entry; a missing one is no error. C: {@code rbd_metadata_remove}. */
  void removeMetadata(String key);

  Instant createdAt();

  @Override
  void close();
}
