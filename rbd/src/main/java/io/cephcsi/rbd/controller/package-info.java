/** CSI's Controller service for RBD: one class an RPC. */
@NullMarked
package io.cephcsi.rbd.controller;

import org.jspecify.annotations.NullMarked;
