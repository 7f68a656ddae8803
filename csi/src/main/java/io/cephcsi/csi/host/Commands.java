package io.cephcsi.csi.host;

import java.time.Duration;
import java.util.List;

/** Runs the programs of the node: mkfs, mount and their like. Never a shell. */
public interface Commands {
  /**
   * Runs a program and waits for its end.
   *
   * @param command the program and its arguments; no secrets, since others can read them
   * @param input what it gets on standard input, empty for nothing; never logged
   * @param deadline after which the program and its children are ended
   * @return how it ended, also when it failed
   * @throws CommandFailed when it cannot be started, or the deadline passed
   */
  Outcome run(List<String> command, byte[] input, Duration deadline);

  /**
   * As {@link #run}, for a program that must succeed: another exit status is a {@link
   * CommandFailed}.
   */
  default String require(List<String> command, Duration deadline) {
    Outcome outcome = run(command, new byte[0], deadline);
    if (outcome.exit() != 0) {
      throw new CommandFailed(command, outcome);
    }
    return outcome.out();
  }

  /**
   * How a program ended.
   *
   * @param exit its exit status
   * @param out what it printed on standard output, cut at 64 KiB
   * @param err the same of standard error
   */
  record Outcome(int exit, String out, String err) {}
}
