package io.cephcsi.e2e;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What exists of CephFS volumes and snapshots at this moment: subvolumes with their snapshots,
 * journal, trackers, mounts, and processes of ceph-fuse.
 */
public final class CephFsRemains {
  private final CephShell shell;
  private final Path folder;

  /**
   * @param folder below which volumes are staged and published
   */
  public CephFsRemains(ThrowawayCeph ceph, Path folder) {
    this.shell = new CephShell(ceph);
    this.folder = folder;
  }

  /**
   * One line a thing; empty when nothing is there at all. An object of the journal that no name
   * leads to is no volume: a killed call may leave it, and nobody meets it.
   */
  List<String> all() throws IOException, InterruptedException {
    List<String> things = new ArrayList<>(stored());
    things.addAll(Remains.mounts(folder));
    ProcessHandle.allProcesses()
        .map(p -> p.info().commandLine().orElse(""))
        .filter(line -> line.contains("ceph-fuse") && line.contains(folder.toString()))
        .forEach(line -> things.add("process " + line));
    return things;
  }

  /** As {@link #all}, of what the cluster has alone. */
  public List<String> stored() throws IOException, InterruptedException {
    return shell.lines(
        """
        group() { ceph fs subvolumegroup ls cephfs | grep -q '"csi"'; }
        subvolumes() { ceph fs subvolume ls cephfs --group_name csi | grep -o '"name": "[^"]*"' | cut -d'"' -f4 || true; }
        if group; then
          for s in $(subvolumes); do
            echo "subvolume $s"
            ceph fs subvolume snapshot ls cephfs $s csi | grep -o '"name": .*' || true
          done
        fi
        fs ls | grep '^rt-' || true
        for kind in volumes snaps groups; do fs listomapkeys csi.$kind.default 2>/dev/null || true; done
        """);
  }

  /**
   * Takes away what a test that failed has left mounted: with its cluster gone, whoever touched it
   * would wait for ever.
   */
  void unmountAll() throws IOException, InterruptedException {
    for (String mount : Remains.mounts(folder).reversed()) {
      Path at = folder.resolve(mount.substring(mount.lastIndexOf(" on ") + 4));
      var _ = new ProcessBuilder("umount", "--lazy", "--force", at.toString()).start().waitFor();
    }
    for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
      String line = process.info().commandLine().orElse("");
      if (line.contains("ceph-fuse") && line.contains(folder.toString())) {
        process.destroyForcibly();
      }
    }
  }
}
