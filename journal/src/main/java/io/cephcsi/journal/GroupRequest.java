package io.cephcsi.journal;

import java.time.Instant;

/**
 * What the journal is to keep of a new group.
 *
 * @param name the name that the request gives the group
 * @param groupPrefix the RBD group's name is this and the UUID
 */
public record GroupRequest(String name, String groupPrefix, Instant creationTime) {}
