package io.cephcsi.cmd.people;

import picocli.CommandLine.Command;

/** {@code cephcsi volumes}: which volumes there are. */
@Command(
    name = "volumes",
    header = "List volumes, or show one.",
    mixinStandardHelpOptions = true,
    footer = {
      "%nExamples:",
      "  cephcsi volumes ls --pool rbd -o json",
      "  cephcsi volumes show pvc-0f1e2d3c -o json",
    },
    subcommands = {VolumesLs.class, VolumesShow.class})
final class VolumesCommand {}
