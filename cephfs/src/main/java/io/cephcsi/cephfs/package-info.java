/** The CephFS driver: what its controller and its node share. */
@NullMarked
package io.cephcsi.cephfs;

import org.jspecify.annotations.NullMarked;
