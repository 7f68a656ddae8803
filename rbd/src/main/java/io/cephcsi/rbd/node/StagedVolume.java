package io.cephcsi.rbd.node;

import io.cephcsi.csi.host.DeviceUse;
import java.nio.file.Path;

/**
 * A volume that is staged on this node.
 *
 * @param volumeId as its staging path has it
 * @param image {@code pool/image}
 */
public record StagedVolume(
    String volumeId, String image, Path device, long sizeBytes, DeviceUse use) {}
