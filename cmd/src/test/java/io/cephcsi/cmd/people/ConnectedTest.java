package io.cephcsi.cmd.people;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryClusters;
import io.cephcsi.cluster.care.JournalStep;
import io.cephcsi.cluster.care.Step;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands refuse when they have a cluster, here one in memory. */
class ConnectedTest {
  private static final Credentials CSI = new Credentials("csi", "hush");
  private static final Step STEP = new JournalStep.RemoveKey("directory", "key", "value");

  private final MemoryCluster cluster = new MemoryCluster("rbd");
  private final MemoryClusters clusters = new MemoryClusters().add("", cluster);
  private final Connected connected =
      new Connected(clusters, cluster, CSI, Connection.plain("one"));

  @TempDir Path folder;

  @AfterEach
  void close() {
    connected.close();
    clusters.checkNothingOpen();
  }

  @Test
  @SuppressWarnings("MustBeClosedChecker") // there is nothing to close
  void pool_thatIsNotThere_isNamed() {
    assertThatThrownBy(() -> connected.open("rdb"))
        .isInstanceOf(WrongUsage.class)
        .hasMessage("the cluster has no pool rdb: see ceph osd pool ls");
  }

  @Test
  void fileSystem_thatIsNotThere_isNamed() {
    cluster.onMonitorCommand(_ -> "{}");

    assertThatThrownBy(() -> connected.fileSystems(List.of("cephsf")))
        .isInstanceOf(WrongUsage.class)
        .hasMessage("the cluster has no filesystem cephsf: see ceph fs ls");
  }

  @Test
  void backup_fileThatIsThere_isNotWrittenOver() throws Exception {
    Path file = Files.writeString(folder.resolve("b.json"), "mine");
    try (var opened = connected.open("rbd");
        var backup = new Backup(file)) {
      assertThatThrownBy(() -> backup.add(opened, STEP))
          .isInstanceOf(WrongUsage.class)
          .hasMessageContaining("exists already: name another one by --backup");
    }
    assertThat(file).hasContent("mine");
  }

  @Test
  void undo_backupOfAnotherCluster_isRefused() {
    var screen =
        new Screen(new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()), "1");
    var undoing = new Undoing(Path.of("b.json"), new Connection(), new Question(screen, true));
    var line = new Backup.Line("there", "rbd", "", STEP);

    assertThatThrownBy(() -> undoing.requireSame("here", List.of(line)))
        .isInstanceOf(WrongUsage.class)
        .hasMessageStartingWith("b.json is of cluster there, but cluster here")
        .hasMessageContaining("is asked: choose the other by --ceph-conf or --cluster-config");
  }

  @Test
  void user_withoutAKey_isNamedWithoutIt() {
    var unknown = new CephException(Errno.ENOENT, "connect");

    assertThat(Connection.unknownUser(unknown, CSI))
        .hasMessageContaining("was found: name it by --keyring or --secret")
        .hasMessageContaining("csi")
        .hasMessageNotContaining("hush");
  }
}
