/** The node half of the CephFS driver: one class an RPC, and the mounters. */
@NullMarked
package io.cephcsi.cephfs.node;

import org.jspecify.annotations.NullMarked;
