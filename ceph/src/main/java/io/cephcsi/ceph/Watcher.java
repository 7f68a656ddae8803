package io.cephcsi.ceph;

/**
 * A client that has an image open.
 *
 * @param address its address with port and nonce, as the OSD saw it: {@code 10.0.0.7:0/123456}
 */
public record Watcher(String address, long clientId, long cookie) {}
