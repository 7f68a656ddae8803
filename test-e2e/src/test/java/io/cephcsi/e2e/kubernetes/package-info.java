/** The driver, installed by its charts, with Kubernetes' own programs around it. */
@NullMarked
package io.cephcsi.e2e.kubernetes;

import org.jspecify.annotations.NullMarked;
