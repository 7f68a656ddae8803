package io.cephcsi.cmd.people;

/** A command was asked for in a way that only shows when it runs. */
final class WrongUsage extends RuntimeException {
  WrongUsage(String message) {
    super(message);
  }
}
