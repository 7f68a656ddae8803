package io.cephcsi.ceph;

/** How many connections to clusters there are, in use by a call or kept for the next one. */
public record ConnectionUse(int lent, int idle) {}
