/** Traces of calls by OpenTelemetry; loaded only where its environment variables ask for it. */
@NullMarked
package io.cephcsi.tracing;

import org.jspecify.annotations.NullMarked;
