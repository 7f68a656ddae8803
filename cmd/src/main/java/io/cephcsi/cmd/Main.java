package io.cephcsi.cmd;

import io.cephcsi.cmd.people.HelpText;
import io.cephcsi.cmd.people.People;
import io.cephcsi.cmd.people.Screen;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The program {@code cephcsi}: reads the flags and runs the driver that they name, or a command for
 * people when it begins with a word.
 */
public final class Main {
  private static final int WRONG_FLAGS = 2;
  private static final int NOT_STARTED = 1;

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(run(Arrays.asList(arguments)));
  }

  /** Runs until the driver was stopped; gives back the exit code. */
  static int run(List<String> arguments) {
    if (!arguments.isEmpty() && !arguments.getFirst().startsWith("-")) {
      return People.run(arguments, Version.number(), new GoDuration());
    }
    var flags = new Flags();
    var line = new CommandLine(flags).setOverwrittenOptionsAllowed(true);
    line.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
    line.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
    line.getCommandSpec().parser().collectErrors(true); // all that is wrong is told at once
    ParseResult parsed =
        line.parseArgs(GoArguments.normal(arguments, booleans(line)).toArray(String[]::new));
    if (flags.help) {
      HelpText.print(line, line.getOut());
      return 0;
    }
    if (flags.version) {
      line.getOut().println(Version.text());
      return 0;
    }
    List<String> problems = FlagProblems.of(flags);
    if (!parsed.errors().isEmpty() || !problems.isEmpty()) {
      parsed.errors().forEach(error -> tell(error, line.getErr()));
      problems.forEach(problem -> tell(problem, line.getErr()));
      tell("cephcsi --help lists the flags", line.getErr());
      return WRONG_FLAGS;
    }
    return run(flags, line.getErr());
  }

  private static void tell(String sentence, PrintWriter err) {
    err.print(Screen.inLines(sentence));
    err.flush();
  }

  private static void tell(Exception error, PrintWriter err) {
    tell(String.valueOf(error.getMessage()), err);
    if (error instanceof UnmatchedArgumentException unmatched) {
      UnmatchedArgumentException.printSuggestions(unmatched, err);
    }
  }

  private static int run(Flags flags, PrintWriter err) {
    try (var _ = DriverLog.setUp(flags)) {
      return switch (flags.type) {
        case "liveness" -> LivenessDriver.run(flags);
        case "cephfs" -> CephFsDriver.run(flags);
        default -> RbdDriver.run(flags);
      };
    } catch (IOException e) {
      err.println(e.getMessage());
      return NOT_STARTED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return NOT_STARTED;
    }
  }

  private static Set<String> booleans(CommandLine line) {
    return line.getCommandSpec().options().stream()
        .filter(o -> o.type() == boolean.class)
        .map(OptionSpec::names)
        .flatMap(Arrays::stream)
        .filter(n -> n.startsWith("--") && !n.equals("--help"))
        .map(n -> n.substring(2))
        .collect(Collectors.toSet());
  }
}
