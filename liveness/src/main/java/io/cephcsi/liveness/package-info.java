/** Tells Prometheus whether a driver answers; runs beside it, as a process of its own. */
@NullMarked
package io.cephcsi.liveness;

import org.jspecify.annotations.NullMarked;
