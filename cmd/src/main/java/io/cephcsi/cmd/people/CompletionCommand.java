package io.cephcsi.cmd.people;

import picocli.CommandLine.Command;

/** {@code cephcsi completion}: what a shell needs to complete these commands. */
@Command(
    name = "completion",
    header = "Print the completion script for bash and zsh.",
    mixinStandardHelpOptions = true,
    footer = {"%nExamples:", "  source <(cephcsi completion)"})
final class CompletionCommand {}
