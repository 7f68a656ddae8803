/**
 * What both halves of the RBD driver use: configuration, secrets, and how a volume's image is
 * found.
 */
@NullMarked
package io.cephcsi.rbd;

import org.jspecify.annotations.NullMarked;
