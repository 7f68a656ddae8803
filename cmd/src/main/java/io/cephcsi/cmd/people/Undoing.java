package io.cephcsi.cmd.people;

import io.cephcsi.ceph.Pool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Takes a repair back, the last step first. */
record Undoing(Path file, Connection connection, Question question) {
  int answer(Screen screen) throws IOException {
    List<Backup.Line> lines = Backup.read(file).reversed();
    int left = 0;
    try (Connected connected = connection.connect("")) {
      requireSame(connected.cluster().fsid(), lines);
      for (Backup.Line line : lines) {
        String what = Figures.plain(line.step().text());
        if (!line.step().undoable()) {
          screen.out().println("cannot be taken back: " + what);
        } else if (isBack(connected, line)) {
          screen.out().println("already back: " + what);
        } else if (!question.allows("take back: " + what + "?")) {
          left++;
        } else if (undone(connected, line)) {
          screen.out().println("taken back: " + what);
        } else {
          screen.out().println("left, as things are otherwise now: " + what);
          left++;
        }
      }
    }
    return left == 0 ? People.FINE : People.PROBLEMS;
  }

  void requireSame(String fsid, List<Backup.Line> lines) {
    for (Backup.Line line : lines) {
      if (!line.fsid().equals(fsid)) {
        throw new WrongUsage(
            "%s is of cluster %s, but cluster %s is asked: choose the other by --ceph-conf or --cluster-config"
                .formatted(file, line.fsid(), fsid));
      }
    }
  }

  private static boolean isBack(Connected connected, Backup.Line line) {
    try (var _ = new ProgressOnTerminal("taking back");
        Pool pool = connected.cluster().openPool(line.pool(), line.namespace())) {
      return line.step().isBack(pool);
    }
  }

  private static boolean undone(Connected connected, Backup.Line line) {
    try (var _ = new ProgressOnTerminal("taking back");
        Pool pool = connected.cluster().openPool(line.pool(), line.namespace())) {
      return line.step().undo(pool);
    }
  }
}
