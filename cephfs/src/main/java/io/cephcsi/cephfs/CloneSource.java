package io.cephcsi.cephfs;

/**
 * What an unfinished clone is copied from.
 *
 * @param group of the source's subvolume, empty for none
 */
public record CloneSource(String group, String subvolume, String snapshot) {}
