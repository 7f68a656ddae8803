/** The program {@code cephcsi}: its flags, its log, and how its parts are put together. */
@NullMarked
package io.cephcsi.cmd;

import org.jspecify.annotations.NullMarked;
