/** Programs and tests that drive the built driver as Kubernetes would, on a real Ceph. */
@NullMarked
package io.cephcsi.e2e;

import org.jspecify.annotations.NullMarked;
