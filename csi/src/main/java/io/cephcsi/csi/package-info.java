/**
 * What every CSI service shares: the server, how a call is answered, refusals, ids and holds. Knows
 * gRPC, not Ceph.
 */
@NullMarked
package io.cephcsi.csi;

import org.jspecify.annotations.NullMarked;
