package io.cephcsi.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** Ceph's own commands on a cluster: a second opinion on what the driver stores and finds. */
public final class CephShell {
  /** Now and then a command of Ceph 16 never ends, although it has done its work. */
  private static final int SECONDS = 120;

  private static final int TIMED_OUT = 124;

  private final ThrowawayCeph ceph;
  private final List<String> launcher;

  public CephShell(ThrowawayCeph ceph) {
    this(ceph, ceph.reachedBy());
  }

  private CephShell(ThrowawayCeph ceph, List<String> launcher) {
    this.ceph = ceph;
    this.launcher = launcher;
  }

  /** One with the tools of the cluster's version, which need not be this machine's. */
  static CephShell ofClustersVersion(ThrowawayCeph ceph) {
    return new CephShell(ceph, ceph.ownTools());
  }

  /**
   * Runs a script of bash, which knows the pool as {@code $P} and these functions: {@code omap
   * OBJECT KEY VALUE} sets a key, {@code id IMAGE} prints an image's id; and for CephFS {@code fs
   * ARGS} is {@code rados} where its journals are, {@code fsomap} as {@code omap} there.
   *
   * @return what it printed, without blanks at the ends
   * @throws IOException when a command in it fails, or it does not end in two minutes
   */
  public String run(String script) throws IOException, InterruptedException {
    String prelude =
        """
        set -euo pipefail
        omap() { rados -p $P setomapval "$1" "$2" "$3" > /dev/null; }
        fs() { rados -p cephfs_metadata -N csi "$@"; }
        fsomap() { fs setomapval "$1" "$2" "$3" > /dev/null; }
        id() { rbd info "$P/$1" --format json | grep -o '"id":"[^"]*"' | head -1 | cut -d'"' -f4; }
        """;
    // Ceph's clients chat there at times, which must not be taken for what the script printed.
    var builder =
        new ProcessBuilder(
                Stream.concat(
                        launcher.stream(),
                        Stream.of(
                            "timeout",
                            "--kill-after=5",
                            Integer.toString(SECONDS),
                            "bash",
                            "-c",
                            prelude + script))
                    .toList())
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("CEPH_CONF", ceph.entry("conf"));
    builder.environment().put("P", ceph.pool());
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    if (status == TIMED_OUT) {
      throw new IOException(
          "script did not end within %d s:\n%s\n%s".formatted(SECONDS, script, output));
    }
    if (status != 0) {
      throw new IOException("script ended with %d:\n%s\n%s".formatted(status, script, output));
    }
    return output.strip();
  }

  /** The first number of the cluster's version. */
  int clusterVersion() throws IOException, InterruptedException {
    return version("ceph version");
  }

  /** The same of this machine's tools and libraries. */
  int ownVersion() throws IOException, InterruptedException {
    return version("ceph --version");
  }

  private int version(String command) throws IOException, InterruptedException {
    return Integer.parseInt(run(command).replaceFirst("(?s)^ceph version (\\d+)\\..*", "$1"));
  }

  /** The lines that a script prints, sorted. */
  List<String> lines(String script) throws IOException, InterruptedException {
    return run(script).lines().sorted().toList();
  }
}
