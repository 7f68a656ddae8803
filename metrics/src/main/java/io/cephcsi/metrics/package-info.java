/** What a process tells about itself to Prometheus; the only one that knows Prometheus' client. */
@NullMarked
package io.cephcsi.metrics;

import org.jspecify.annotations.NullMarked;
