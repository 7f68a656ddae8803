package io.cephcsi.cmd.docs;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** What is said of flags and commands in pages: as Markdown, and as a page for man. */
final class CommandPages {
  private static final Pattern ISO_TIME = Pattern.compile("\\bPT[0-9HMS.]+");

  private CommandPages() {}

  /** The driver's flags. */
  static CommandSpec driver() {
    return CommandSpec.forAnnotatedObject(type("io.cephcsi.cmd.Flags"));
  }

  /** The commands for people. */
  static CommandSpec people() {
    return CommandSpec.forAnnotatedObject(type("io.cephcsi.cmd.people.People"));
  }

  private static Class<?> type(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All commands that do something, each behind its parent. */
  static List<CommandSpec> leaves(CommandSpec of) {
    List<CommandSpec> leaves = new ArrayList<>();
    for (CommandLine line : of.subcommands().values()) {
      CommandSpec spec = line.getCommandSpec();
      if (!spec.subcommands().isEmpty()) {
        leaves.addAll(leaves(spec));
      } else if (!(spec.userObject() instanceof HelpCommand)) {
        leaves.add(spec);
      }
    }
    return leaves;
  }

  /** {@code docs/reference/flags.md}. */
  static String flags() {
    var page = new StringBuilder();
    page.append(
        """
        # Flags of the driver

        Made from the code by `./dev docs write`. One dash or two; a boolean is `--flag` or `--flag=false`. Names and defaults are ceph-csi's where it has the flag.

        | flag | what it does |
        |---|---|
        """);
    List<String> hidden = new ArrayList<>();
    for (OptionSpec option : driver().options()) {
      if (option.hidden()) {
        hidden.addAll(List.of(option.names()));
      } else {
        page.append(row(option));
      }
    }
    page.append("\nTaken without effect, so that command lines carry over: `")
        .append(String.join("`, `", hidden))
        .append("`.\n");
    page.append(forExample(driver()));
    return page.toString();
  }

  /** {@code docs/reference/commands.md}. */
  static String commands() {
    var page = new StringBuilder();
    page.append(
        """
        # Commands for people

        Made from the code by `./dev docs write`; the same stands in `man -l docs/man/cephcsi.1` and behind `--help`.
        Exit codes: 0 fine, 1 problems found or failed, 2 wrong usage.
        """);
    page.append(forExample(people()));
    for (CommandSpec command : leaves(people())) {
      page.append("\n## ").append(command.qualifiedName()).append("\n\n");
      page.append(lines(command.usageMessage().header())).append("\n");
      String description = lines(command.usageMessage().description());
      page.append(description.isEmpty() ? "" : "\n" + description + "\n");
      page.append("\n    ").append(synopsis(command)).append("\n");
      List<OptionSpec> own = command.options().stream().filter(CommandPages::isOwn).toList();
      if (!own.isEmpty()) {
        page.append("\n| option | what it does |\n|---|---|\n");
        own.forEach(option -> page.append(row(option)));
      }
      page.append(forExample(command));
    }
    return page.toString();
  }

  private static String forExample(CommandSpec command) {
    List<String> examples = examples(command);
    return examples.isEmpty()
        ? ""
        : examples.stream()
            .map(example -> "    " + example.substring(2) + "\n")
            .collect(Collectors.joining("", "\nFor example\n\n", ""));
  }

  private static boolean isOwn(OptionSpec option) {
    return !option.hidden() && !option.usageHelp() && !option.versionHelp();
  }

  private static String row(OptionSpec option) {
    return "| `%s` | %s |\n".formatted(names(option), text(option).replace("|", "\\|"));
  }

  private static String names(OptionSpec option) {
    String names = String.join("`, `", option.names());
    boolean value = option.arity().max() > 0 && option.type() != boolean.class;
    return value ? names + " " + option.paramLabel() : names;
  }

  private static String text(OptionSpec option) {
    return times(lines(option.description()));
  }

  /** Times as flags take them: {@code 1m30s}. */
  private static String times(String text) {
    return ISO_TIME
        .matcher(text)
        .replaceAll(time ->
            Duration.parse(time.group()).isZero()
                ? "0"
                : time.group().substring(2).toLowerCase(Locale.ROOT));
  }

  private static String lines(String[] parts) {
    return String.join(" ", List.of(parts)).replace("%n", " ").strip();
  }

  private static String synopsis(CommandSpec command) {
    var synopsis = new StringBuilder(command.qualifiedName());
    synopsis.append(" [OPTIONS]");
    for (PositionalParamSpec parameter : command.positionalParameters()) {
      synopsis.append(' ').append(parameter.paramLabel());
    }
    return synopsis.toString();
  }

  static List<String> examples(CommandSpec command) {
    return List.of(command.usageMessage().footer()).stream()
        .map(line -> line.replace("%n", ""))
        .filter(line -> line.startsWith("  "))
        .toList();
  }

  /** {@code docs/man/cephcsi.1}, in the language of man. */
  static String man() {
    var page = new StringBuilder();
    page.append(".\\\" Made from the code by ./dev docs write.\n");
    page.append(".TH CEPHCSI 1 \"\" \"cephcsi\" \"CSI driver for Ceph\"\n");
    page.append(
        ".SH NAME\ncephcsi \\- CSI driver for Ceph, and commands to look into its volumes\n");
    page.append(".SH SYNOPSIS\n.B cephcsi\n[FLAGS]\n");
    for (CommandSpec command : leaves(people())) {
      page.append(".br\n.B ").append(command.qualifiedName()).append('\n');
      page.append(roff(synopsis(command).substring(command.qualifiedName().length() + 1)))
          .append('\n');
    }
    page.append(".SH DESCRIPTION\n").append(roff(lines(driver().usageMessage().header())));
    page.append(" Without a command it is the driver, to which all flags below belong.\n");
    page.append(".SH FLAGS OF THE DRIVER\n");
    driver().options().stream().filter(CommandPages::isOwn).forEach(o -> page.append(entry(o)));
    for (CommandSpec command : leaves(people())) {
      page.append(".SH ").append(command.qualifiedName().toUpperCase(Locale.ROOT)).append('\n');
      page.append(roff(lines(command.usageMessage().header()))).append('\n');
      String description = lines(command.usageMessage().description());
      page.append(description.isEmpty() ? "" : ".PP\n" + roff(description) + "\n");
      command.options().stream().filter(CommandPages::isOwn).forEach(o -> page.append(entry(o)));
      List<String> examples = examples(command);
      page.append(examples.isEmpty() ? "" : ".PP\nFor example\n.nf\n");
      examples.forEach(
          example -> page.append(".RS\n").append(roff(example.strip())).append("\n.RE\n"));
      page.append(examples.isEmpty() ? "" : ".fi\n");
    }
    page.append(".SH EXIT STATUS\n");
    page.append("The driver: 0 stopped by a signal, 1 could not start, 2 wrong flags. ");
    page.append("Commands: 0 fine, 1 problems found or failed, 2 wrong usage.\n");
    return page.toString();
  }

  private static String entry(OptionSpec option) {
    return ".TP\n.B %s\n%s\n".formatted(roff(names(option).replace("`", "")), roff(text(option)));
  }

  private static String roff(String text) {
    String plain = text.replace("\\", "\\e").replace("-", "\\-");
    return plain.startsWith(".") || plain.startsWith("'") ? "\\&" + plain : plain;
  }
}
