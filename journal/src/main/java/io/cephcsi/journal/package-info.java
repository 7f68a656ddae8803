/**
 * Which CSI name owns which image: ceph-csi's journal in RADOS, byte for byte. Knows omaps, not
 * gRPC.
 */
@NullMarked
package io.cephcsi.journal;

import org.jspecify.annotations.NullMarked;
