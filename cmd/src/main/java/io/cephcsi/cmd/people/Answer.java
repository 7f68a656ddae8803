package io.cephcsi.cmd.people;

import io.cephcsi.ceph.CephException;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.csi.CsiException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import picocli.CommandLine;

/** Runs a command and tells its failure in a sentence. */
final class Answer {
  private Answer() {}

  /** The exit code. */
  static int of(Asked command, CommandLine line, Screen screen) {
    List<String> problems = command.problems();
    if (!problems.isEmpty()) {
      problems.forEach(screen.err()::println);
      screen.err().println(line.getCommandSpec().qualifiedName() + " --help tells more");
      return People.WRONG_USAGE;
    }
    try {
      int code = command.answer(screen);
      // Who reads along may have enough, as head has: that is no failure.
      return screen.out().checkError() ? People.FINE : code;
    } catch (WrongUsage e) {
      screen.err().println(e.getMessage());
      return People.WRONG_USAGE;
    } catch (CsiException.InvalidArgument e) {
      screen.err().println(e.getMessage());
      return People.WRONG_USAGE;
    } catch (CephException e) {
      screen.err().println(CephFailures.meaning(e).getMessage());
    } catch (CsiException | IOException e) {
      screen.err().println(e.getMessage());
    } catch (UncheckedIOException e) {
      screen.err().println(e.getMessage() + ": " + e.getCause());
    }
    return People.PROBLEMS;
  }
}
