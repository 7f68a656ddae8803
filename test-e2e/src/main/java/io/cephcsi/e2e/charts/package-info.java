/** The Helm charts: what they render, the files made from them, and what checks both. */
@NullMarked
package io.cephcsi.e2e.charts;

import org.jspecify.annotations.NullMarked;
