package io.cephcsi.ceph;

/**
 * A snapshot of a group of images.
 *
 * @param complete false when its making was cut off
 */
public record GroupSnapshot(String name, boolean complete) {}
