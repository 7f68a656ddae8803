/** The liveness probe; not there yet. */
@NullMarked
package io.cephcsi.liveness;

import org.jspecify.annotations.NullMarked;
