/**
 * The node's own means: child processes, mounts, filesystems, block devices. The only package that
 * starts processes.
 */
@NullMarked
package io.cephcsi.csi.host;

import org.jspecify.annotations.NullMarked;
