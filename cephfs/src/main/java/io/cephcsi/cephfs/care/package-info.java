/**
 * What people ask of the subvolumes and the journal of a filesystem: what there is of a volume,
 * what is wrong, and how that is mended.
 */
@NullMarked
package io.cephcsi.cephfs.care;

import org.jspecify.annotations.NullMarked;
