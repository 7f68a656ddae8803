package io.cephcsi.ceph;

/** What an image's header object says of it. */
public record ImageHeader(long sizeBytes, long features) {}
