/** The CephFS driver; not there yet. */
@NullMarked
package io.cephcsi.cephfs;

import org.jspecify.annotations.NullMarked;
