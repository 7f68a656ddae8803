package io.cephcsi.cmd.people;

import picocli.CommandLine.Command;

/** {@code cephcsi volumes}: which volumes there are. */
@Command(
    name = "volumes",
    header = "List volumes, or show one.",
    mixinStandardHelpOptions = true,
    subcommands = {VolumesLs.class, VolumesShow.class})
final class VolumesCommand {}
