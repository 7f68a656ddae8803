package io.cephcsi.cephfs.controller;

import io.cephcsi.journal.VolumeEntry;

/**
 * What a volume is made of.
 *
 * @param path of its root; for one that shows a snapshot, of the directory of the subvolume that
 *     was cut, with a slash at its end
 * @param sizeBytes its quota, 0 for none
 */
record MadeSubvolume(VolumeEntry entry, String path, long sizeBytes) {}
