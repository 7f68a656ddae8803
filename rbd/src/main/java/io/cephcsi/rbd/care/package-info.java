/**
 * What people ask of the images and the journal of a pool: what is there, how it hangs together,
 * what is wrong with it, and how that is mended.
 */
@NullMarked
package io.cephcsi.rbd.care;

import org.jspecify.annotations.NullMarked;
