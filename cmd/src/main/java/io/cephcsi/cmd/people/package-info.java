/**
 * The commands of {@code cephcsi} for people: see, explain and mend what is in a cluster. Loaded
 * only when one is asked for, so that drivers start as quickly as without.
 */
@NullMarked
package io.cephcsi.cmd.people;

import org.jspecify.annotations.NullMarked;
