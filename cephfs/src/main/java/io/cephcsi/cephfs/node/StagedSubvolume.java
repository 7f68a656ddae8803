package io.cephcsi.cephfs.node;

/**
 * A volume that this node's kernel has mounted.
 *
 * @param volumeId as kubelet notes it beside its mounts; empty where that is not to be seen
 * @param directory what of the filesystem is mounted
 * @param device the mount's numbers, {@code 0:52} say
 */
public record StagedSubvolume(String volumeId, String directory, String device, ClientUse use) {}
