package io.cephcsi.cmd.people;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** {@code cephcsi COMMAND}: finds the command, and refuses a wrong line with all that is wrong. */
@Command(
    name = "cephcsi",
    header = "See, explain and mend what the CSI driver keeps in a Ceph cluster.",
    synopsisHeading = "%nUsage: ",
    description = "%nWithout a command: the driver; cephcsi --help lists its flags.%n",
    footer = {
      "%nExamples:",
      "  cephcsi volumes ls",
      "  cephcsi volumes show pvc-0f1e2d3c -o json",
      "  cephcsi doctor --cluster-config config.json --secret /etc/secret",
      "  cephcsi doctor --repair",
      "  cephcsi preflight --pool replicapool",
      "  cephcsi support-bundle --log driver.log",
      "  source <(cephcsi completion)",
      "",
      "Exit codes: 0 fine, 1 problems found or failed, 2 wrong usage."
    },
    subcommands = {
      VolumesCommand.class,
      DoctorCommand.class,
      PreflightCommand.class,
      SupportBundle.class,
      IdCommand.class,
      CompletionCommand.class,
      HelpCommand.class
    })
public final class People {
  static final int FINE = 0;
  static final int PROBLEMS = 1;
  static final int WRONG_USAGE = 2;

  private People() {}

  /**
   * Runs a command.
   *
   * @param arguments the command's name and what follows it
   * @param version of this program
   * @param durations reads times as the driver's flags have them
   * @return the exit code
   */
  public static int run(
      List<String> arguments, String version, ITypeConverter<Duration> durations) {
    var out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
    var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    try {
      return run(line(durations), arguments, new Screen(out, err, version));
    } finally {
      out.flush();
    }
  }

  private static CommandLine line(ITypeConverter<Duration> durations) {
    var line = new CommandLine(new People());
    line.registerConverter(Duration.class, durations);
    line.setOverwrittenOptionsAllowed(true);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    collectErrors(line);
    return line;
  }

  /** So that all that is wrong is told at once. */
  private static void collectErrors(CommandLine line) {
    line.getCommandSpec().parser().collectErrors(true);
    line.getSubcommands().values().forEach(People::collectErrors);
  }

  private static int run(CommandLine line, List<String> arguments, Screen screen) {
    ParseResult result = line.parseArgs(arguments.toArray(String[]::new));
    CommandLine leaf = line;
    List<Exception> errors = new ArrayList<>(result.errors());
    while (result.hasSubcommand()) {
      result = result.subcommand();
      leaf = result.commandSpec().commandLine();
      errors.addAll(result.errors());
    }
    if (result.isUsageHelpRequested() || leaf.getCommand() instanceof HelpCommand) {
      return help(line, arguments, leaf, screen);
    }
    List<String> problems =
        leaf.getCommand() instanceof Asked command ? command.problems() : List.of();
    if (!errors.isEmpty() || !problems.isEmpty()) {
      return wrong(leaf, errors, problems, screen);
    }
    if (leaf.getCommand() instanceof CompletionCommand) {
      screen.out().print(AutoComplete.bash("cephcsi", line));
      return FINE;
    }
    if (leaf.getCommand() instanceof Asked command) {
      return Answer.of(command, screen);
    }
    screen.err().print(HelpText.of(leaf, Screen.width(Screen.STANDARD_ERROR)));
    screen.err().flush();
    return WRONG_USAGE;
  }

  /** Help on the command that is named, be it before {@code --help} or behind {@code help}. */
  private static int help(
      CommandLine line, List<String> arguments, CommandLine leaf, Screen screen) {
    CommandLine about = leaf;
    if (leaf.getCommand() instanceof HelpCommand) {
      about = line;
      for (String word : arguments.subList(1, arguments.size())) {
        about = about.getSubcommands().getOrDefault(word, about);
      }
    }
    HelpText.print(about, screen.out());
    return FINE;
  }

  private static int wrong(
      CommandLine leaf, List<Exception> errors, List<String> problems, Screen screen) {
    for (Exception error : errors) {
      screen.tell(error.getMessage() + NearestName.ofValue(error));
      if (error instanceof UnmatchedArgumentException unmatched) {
        UnmatchedArgumentException.printSuggestions(unmatched, screen.err());
      }
    }
    problems.forEach(screen::tell);
    CommandLine about =
        errors.stream().findFirst().orElse(null) instanceof ParameterException e
            ? e.getCommandLine()
            : leaf;
    screen.tell(about.getCommandSpec().qualifiedName() + " --help tells more");
    return WRONG_USAGE;
  }
}
