/** What both halves of the RBD driver use: how a volume's image is found, and how it is. */
@NullMarked
package io.cephcsi.rbd;

import org.jspecify.annotations.NullMarked;
