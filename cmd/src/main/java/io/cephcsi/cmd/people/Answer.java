package io.cephcsi.cmd.people;

import io.cephcsi.ceph.CephException;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.csi.CsiException;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Runs a command and tells its failure in a sentence. */
final class Answer {
  private Answer() {}

  /** The exit code of one whose options are as they should be. */
  static int of(Asked command, Screen screen) {
    try {
      int code = command.answer(screen);
      // Who reads along may have enough, as head has: that is no failure.
      return screen.out().checkError() ? People.FINE : code;
    } catch (WrongUsage e) {
      screen.tell(String.valueOf(e.getMessage()));
      return People.WRONG_USAGE;
    } catch (CsiException.InvalidArgument e) {
      screen.tell(String.valueOf(e.getMessage()));
      return People.WRONG_USAGE;
    } catch (CephException e) {
      screen.tell(String.valueOf(CephFailures.meaning(e).getMessage()));
    } catch (CsiException | IOException e) {
      screen.tell(String.valueOf(e.getMessage()));
    } catch (UncheckedIOException e) {
      screen.tell(e.getMessage() + ": " + e.getCause());
    }
    return People.PROBLEMS;
  }
}
