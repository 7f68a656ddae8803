/**
 * Ceph's libraries librados and librbd as Java objects: clusters, pools, omaps and images. The only
 * package that knows JNA.
 */
@NullMarked
package io.cephcsi.ceph;

import org.jspecify.annotations.NullMarked;
