package io.cephcsi.ceph;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An object as it was at one moment.
 *
 * @param version grows with each change of anything of it
 * @param attributes by their names
 * @param data as much as was asked for
 * @param entries of its omap, those asked for
 */
@SuppressWarnings("ArrayRecordComponent") // read anew for whoever asks
public record VersionedObject(
    long version, Map<String, byte[]> attributes, byte[] data, Map<String, String> entries) {
  public VersionedObject {
    attributes = Map.copyOf(attributes);
    entries = Map.copyOf(entries);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof VersionedObject o
        && version == o.version
        && Arrays.equals(data, o.data)
        && entries.equals(o.entries);
  }

  @Override
  public int hashCode() {
    return Objects.hash(version, Arrays.hashCode(data), entries);
  }
}
