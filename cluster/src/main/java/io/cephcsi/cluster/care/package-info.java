/**
 * What is common to looking for damage in the journals of both drivers, and mending it: what was
 * found, the steps that mend it, and how they are done while drivers are at work.
 */
@NullMarked
package io.cephcsi.cluster.care;

import org.jspecify.annotations.NullMarked;
