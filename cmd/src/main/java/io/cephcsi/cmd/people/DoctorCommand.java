package io.cephcsi.cmd.people;

import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.care.Finding;
import io.cephcsi.rbd.care.Finding.Hold;
import io.cephcsi.rbd.care.Mending;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cephcsi doctor}: finds, explains and mends what drivers and people left. */
@Command(
    name = "doctor",
    header = "Find, explain and mend what does not fit in journal, images and trash.",
    description = {
      "%nWithout --repair nothing is changed: what would be done is printed.",
      "What a client has open, or what was changed since --older-than, is never touched. Each thing"
          + " is looked at again right before it is mended, so that drivers may be at work.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "%nExamples:",
      "  cephcsi doctor",
      "  cephcsi doctor --pool rbd --repair --older-than 24h",
      "  cephcsi doctor --repair --yes --backup before.json && cephcsi doctor --undo before.json",
      "",
      "Exit codes: 0 nothing is wrong or all is mended, 1 something is wrong, 2 wrong usage."
    })
final class DoctorCommand implements Asked {
  /** One repair may uncover the next: an entry gone leaves a snapshot that nobody needs. */
  private static final int ROUNDS = 3;

  @Option(names = "--pool", paramLabel = "NAME", description = "Only this pool; repeatable.")
  List<String> pools = new ArrayList<>();

  @Option(names = "--repair", description = "Mend what can be mended, after asking for each.")
  boolean repair;

  @Option(names = "--dry-run", description = "Change nothing, also with --repair.")
  boolean dryRun;

  @Option(names = "--yes", description = "Do not ask.")
  boolean yes;

  @Option(
      names = "--older-than",
      paramLabel = "TIME",
      description = "Leave alone what was changed since (${DEFAULT-VALUE}).")
  Duration olderThan = Duration.ofHours(1);

  @Option(
      names = "--backup",
      paramLabel = "FILE",
      description =
          "Where --repair keeps what it changes, for --undo (cephcsi-doctor-<time>.json here).")
  @Nullable Path backup;

  @Option(
      names = "--undo",
      paramLabel = "FILE",
      description = "Put back what a repair has removed from the journal or moved to the trash.")
  @Nullable Path undo;

  @Mixin Connection connection = new Connection();
  @Mixin Format format = new Format();

  @Override
  public List<String> problems() {
    List<String> problems = new ArrayList<>(connection.problems());
    if (olderThan.isNegative()) {
      problems.add("--older-than must not be less than 0");
    }
    if (undo != null && (repair || dryRun || backup != null || !pools.isEmpty())) {
      problems.add("--undo goes without --repair, --dry-run, --backup and --pool");
    }
    return problems;
  }

  @Override
  public int answer(Screen screen) throws IOException {
    if (undo != null) {
      return new Undoing(undo, connection, new Question(screen, yes)).answer(screen);
    }
    var report = new DoctorReport(screen);
    int wrong = 0;
    try (Connected connected = connection.connect("");
        var kept = new Backup(backup == null ? usualFile() : backup)) {
      var question = new Question(screen, yes);
      for (String pool : connected.pools(pools)) {
        try (OpenPool opened = connected.open(pool)) {
          wrong += look(screen, opened, report, kept, question);
        }
      }
      if (kept.used()) {
        screen.err().println("what was changed is in " + kept.file() + ", for doctor --undo");
      }
    }
    if (format.json()) {
      report.json();
    }
    return wrong == 0 ? People.FINE : People.PROBLEMS;
  }

  private static Path usualFile() {
    String time =
        ZonedDateTime.now(ZoneOffset.UTC).format(DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss"));
    return Path.of("cephcsi-doctor-" + time + ".json");
  }

  /** How much is wrong still in one pool. */
  private int look(
      Screen screen, OpenPool place, DoctorReport report, Backup kept, Question question)
      throws IOException {
    List<Finding> left = List.of();
    for (int round = 0; round < ROUNDS; round++) {
      Mending mending = mending(place);
      boolean mends = repair && !dryRun;
      if (!format.json() && (round == 0 || !mending.findings().isEmpty())) {
        report.print(name(place), mending.findings());
      }
      left = mends ? mend(screen, place, mending, report, kept, question) : mending.findings();
      boolean again = left.size() < mending.findings().size();
      if (!mends || !again) {
        break;
      }
    }
    left.forEach(finding -> report.keep(name(place), finding, "left"));
    return (int) left.stream().filter(f -> f.hold() != Hold.YOUNG).count();
  }

  private Mending mending(OpenPool place) {
    try (var progress = new ProgressOnTerminal()) {
      return Mending.of(place, olderThan, connection.instanceId, progress);
    }
  }

  private static String name(OpenPool place) {
    String namespace = place.pool().namespace();
    return place.pool().name() + (namespace.isEmpty() ? "" : "/" + namespace);
  }

  /** What was not mended. */
  private List<Finding> mend(
      Screen screen,
      OpenPool place,
      Mending mending,
      DoctorReport report,
      Backup kept,
      Question question)
      throws IOException {
    List<Finding> left = new ArrayList<>();
    for (Finding finding : mending.findings()) {
      String what = finding.kind().title() + ": " + Figures.plain(finding.subject());
      if (!finding.mendable() || !question.allows("mend " + what + "?")) {
        left.add(finding);
        continue;
      }
      switch (mending.mend(finding, step -> kept.add(place, step))) {
        case Mending.Outcome.Mended _ -> {
          report.keep(name(place), finding, "mended");
          screen.err().println("mended " + what);
        }
        case Mending.Outcome.Changed _ -> {
          left.add(finding);
          screen.err().println("left alone, it has just changed: " + what);
        }
        case Mending.Outcome.Failed(String why) -> {
          left.add(finding);
          screen.err().println("left alone, " + why + ": " + what);
        }
      }
    }
    return left;
  }
}
