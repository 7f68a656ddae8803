package io.cephcsi.cmd.people;

import io.cephcsi.cephfs.FileSystem;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.care.SubvolumeCare;
import io.cephcsi.cluster.Opened;
import io.cephcsi.cluster.care.Finding;
import io.cephcsi.cluster.care.Finding.Hold;
import io.cephcsi.cluster.care.Mending;
import io.cephcsi.cluster.care.Progress;
import io.cephcsi.cluster.care.Step;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.care.ImageCare;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cephcsi doctor}: finds, explains and mends what drivers and people left. */
@Command(
    name = "doctor",
    header = "Find, explain and mend what does not fit in journal, images, trash and subvolumes.",
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
      "  cephcsi doctor --fs cephfs",
      "  cephcsi doctor --repair --yes --backup before.json && cephcsi doctor --undo before.json",
      "",
      "Exit codes: 0 nothing is wrong or all is mended, 1 something is wrong, 2 wrong usage."
    })
final class DoctorCommand implements Asked {
  /** One repair may uncover the next: an entry gone leaves a snapshot that nobody needs. */
  private static final int ROUNDS = 3;

  @Mixin Places places = new Places();

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
      problems.add("--older-than must not be less than 0: give 0s or more");
    }
    if (undo != null && (repair || dryRun || backup != null || places.named())) {
      problems.add(
          "--undo goes without --repair, --dry-run, --backup, --pool and --fs: leave those out");
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
        var kept =
            new Backup(backup == null ? Figures.fileOfNow("cephcsi-doctor-", ".json") : backup)) {
      var question = new Question(screen, yes);
      var work = new Work(screen, report, kept, question);
      for (String pool : places.pools(connected)) {
        try (OpenPool opened = connected.open(pool)) {
          wrong += look(work, opened, name(opened), progress -> images(opened, progress));
        }
      }
      for (FileSystem fs : places.fileSystems(connected)) {
        String name = "filesystem " + fs.name();
        wrong +=
            places
                .visit(
                    connected,
                    screen,
                    fs,
                    opened -> look(work, opened, name, progress -> subvolumes(opened, progress)))
                .orElse(0);
      }
      if (kept.used()) {
        screen.tell("what was changed is in " + kept.file() + ", for doctor --undo");
      }
    }
    if (format.json()) {
      report.json();
    }
    return wrong == 0 ? People.FINE : People.PROBLEMS;
  }

  /** What a run goes by from place to place. */
  private record Work(Screen screen, DoctorReport report, Backup kept, Question question) {}

  private Mending images(OpenPool opened, Progress progress) {
    return ImageCare.of(opened, olderThan, connection.instanceId, progress);
  }

  private Mending subvolumes(OpenFileSystem opened, Progress progress) {
    return SubvolumeCare.of(opened, olderThan, connection.instanceId, progress);
  }

  /** How much is wrong still in one place. */
  private int look(Work work, Opened place, String name, Function<Progress, Mending> look)
      throws IOException {
    List<Finding> left = List.of();
    for (int round = 0; round < ROUNDS; round++) {
      Mending mending = mending(look);
      boolean mends = repair && !dryRun;
      if (!format.json() && (round == 0 || !mending.findings().isEmpty())) {
        work.report().print(name, mending.findings());
      }
      left = mends ? mend(work, place, name, mending) : mending.findings();
      boolean again = left.size() < mending.findings().size();
      if (!mends || !again) {
        break;
      }
    }
    left.forEach(finding -> work.report().keep(name, finding, "left"));
    return (int) left.stream().filter(f -> f.hold() != Hold.YOUNG).count();
  }

  private static Mending mending(Function<Progress, Mending> look) {
    try (var progress = new ProgressOnTerminal("journal")) {
      return look.apply(progress);
    }
  }

  private static String name(OpenPool place) {
    String namespace = place.pool().namespace();
    return "pool " + place.pool().name() + (namespace.isEmpty() ? "" : "/" + namespace);
  }

  /** What was not mended. */
  private static List<Finding> mend(Work work, Opened place, String name, Mending mending)
      throws IOException {
    List<Finding> left = new ArrayList<>();
    for (Finding finding : mending.findings()) {
      String what = finding.kind().title() + ": " + Figures.plain(finding.subject());
      if (!finding.mendable() || !work.question().allows("mend " + what + "?")) {
        left.add(finding);
        continue;
      }
      switch (mended(mending, finding, step -> work.kept().add(place, step))) {
        case Mending.Outcome.Mended _ -> {
          work.report().keep(name, finding, "mended");
          work.screen().tell("mended " + what);
        }
        case Mending.Outcome.Changed _ -> {
          left.add(finding);
          work.screen().tell("left alone, it has just changed: " + what);
        }
        case Mending.Outcome.Failed(String why) -> {
          left.add(finding);
          work.screen().tell("left alone, " + why + ": " + what);
        }
      }
    }
    return left;
  }

  private static Mending.Outcome mended(Mending mending, Finding finding, Consumer<Step> backup) {
    try (var _ = new ProgressOnTerminal("mending")) {
      return mending.mend(finding, backup);
    }
  }
}
