package io.cephcsi.rbd.node;

import io.cephcsi.rbd.ClassParameter;
import io.cephcsi.rbd.MapOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Makes block devices of images. What is mapped is read from the system at each call. */
interface Mapper {
  /** What the class parameter {@code mounter} calls it. */
  String name();

  /**
   * Why it cannot be used on this node, for people; empty when it can.
   *
   * @param features the image's, as a mask
   */
  String trouble(long features);

  /**
   * Maps an image; it is for the caller to see first that it is not mapped already. A failure or a
   * crash leaves nothing, or something that the next call cleans up.
   *
   * @throws io.cephcsi.csi.CsiException when the kernel or the tool refuses; the message names
   *     image and remedy
   */
  MappedDevice map(MapRequest request);

  /**
   * Whether the device, which shows an image of that name, shows the very one.
   *
   * @param device one of {@link #devices}
   */
  default boolean shows(MappedDevice device, MapRequest request) {
    return device.imageId().equals(request.imageId()) && device.fsid().equals(request.fsid());
  }

  /** What the staging directory has to remember of an image that this mapper maps. */
  default Stash stash(ImageSpec image, Map<String, String> context) {
    return Stash.of(image, MapOptions.of(ClassParameter.UNMAP_OPTIONS.in(context)).krbd());
  }

  /**
   * Puts a process behind a device whose own has ended, before what waits there is given up.
   *
   * @param device one that is not served
   * @throws io.cephcsi.csi.CsiException when that fails
   */
  default MappedDevice revive(MappedDevice device, MapRequest request) {
    throw new IllegalStateException(name() + " has no processes");
  }

  /** Those of {@link #devices} whose process has ended. */
  default List<MappedDevice> lost() {
    return List.of();
  }

  /** All that is mapped by this mapper on this node, by this driver or any other. */
  List<MappedDevice> devices();

  /**
   * Takes the device away. One that is gone already is no error.
   *
   * @param options for the mapper, comma separated, empty for none
   * @throws io.cephcsi.csi.CsiException.FailedPrecondition when it is still in use
   */
  void unmap(MappedDevice device, String options);

  /**
   * Takes away what a mapping of the image that ended badly has left; nothing left is no error. The
   * image is not mapped.
   */
  void clear(ImageSpec image);

  /**
   * Lets the device have its image's size, and waits until it has.
   *
   * @return the device with its size now
   * @throws io.cephcsi.csi.CsiException.Unavailable when that does not happen in time
   */
  MappedDevice resize(MappedDevice device, long sizeBytes, Duration patience);
}
