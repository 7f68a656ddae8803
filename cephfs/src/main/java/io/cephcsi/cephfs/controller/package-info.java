/** CSI's Controller and GroupController services for CephFS, one class an RPC. */
@NullMarked
package io.cephcsi.cephfs.controller;

import org.jspecify.annotations.NullMarked;
