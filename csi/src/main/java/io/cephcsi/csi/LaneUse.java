package io.cephcsi.csi;

/**
 * How busy the threads of a lane are.
 *
 * @param lane its name: a cluster's id, mostly
 * @param threads how many calls it can run at a time
 */
public record LaneUse(String lane, int threads, int running, int waiting) {}
