/**
 * A Ceph cluster as both drivers meet it: its entry in config.json, the users in secrets, what its
 * failures and its health mean to a CSI client. Here, and in the drivers, {@code ceph} and {@code
 * csi} meet.
 */
@NullMarked
package io.cephcsi.cluster;

import org.jspecify.annotations.NullMarked;
