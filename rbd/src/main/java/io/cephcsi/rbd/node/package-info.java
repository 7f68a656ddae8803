/**
 * CSI's Node service for RBD: one class an RPC, and the mappers that make block devices of images.
 */
@NullMarked
package io.cephcsi.rbd.node;

import org.jspecify.annotations.NullMarked;
