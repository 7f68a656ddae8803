package io.cephcsi.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Ceph's own commands on a cluster: a second opinion on what the driver stores and finds. */
public final class CephShell {
  /** A command that Ceph never answers must not hold up all tests behind it. */
  private static final int SECONDS = 120;

  private static final int TIMED_OUT = 124;

  private final ThrowawayCeph ceph;
  private final List<String> launcher;
  private volatile boolean stuck;

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
   * @throws IOException when a command in it fails, or it does not end in two minutes; then it says
   *     where the script stood, and how the cluster was
   */
  public String run(String script) throws IOException, InterruptedException {
    String prelude =
        """
        set -euo pipefail
        trap 'echo "$BASH_COMMAND" > "${STOOD:-/dev/null}"; exit 1' TERM
        omap() { rados -p $P setomapval "$1" "$2" "$3" > /dev/null; }
        fs() { rados -p cephfs_metadata -N csi "$@"; }
        fsomap() { fs setomapval "$1" "$2" "$3" > /dev/null; }
        id() { rbd info "$P/$1" --format json | grep -o '"id":"[^"]*"' | head -1 | cut -d'"' -f4; }
        """;
    // Ceph's clients chat there at times, which must not be taken for what the script printed.
    ProcessBuilder builder =
        command(
                "timeout",
                "--kill-after=5",
                Integer.toString(SECONDS),
                "bash",
                "-c",
                prelude + script)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    Path stood = Files.createTempFile("stood", "");
    builder.environment().put("STOOD", stood.toString());
    try {
      return answer(builder, script, stood);
    } finally {
      Files.delete(stood);
    }
  }

  /** One that reaches the cluster. */
  private ProcessBuilder command(String... words) {
    var builder = new ProcessBuilder(Stream.concat(launcher.stream(), Stream.of(words)).toList());
    builder.environment().put("CEPH_CONF", ceph.entry("conf"));
    builder.environment().put("P", ceph.pool());
    return builder;
  }

  /** All that it prints, without anything to read. */
  private static String output(Process process) throws IOException {
    process.getOutputStream().close();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private String answer(ProcessBuilder builder, String script, Path stood)
      throws IOException, InterruptedException {
    Process process = builder.start();
    String output = output(process);
    int status = process.waitFor();
    if (status == TIMED_OUT) {
      stuck = true;
      throw new IOException(
          "script did not end within %d s:\n%s\n%s\nit stood in: %s\n%s"
              .formatted(SECONDS, script, output, Files.readString(stood), state()));
    }
    if (status != 0) {
      throw new IOException("script ended with %d:\n%s\n%s".formatted(status, script, output));
    }
    return output.strip();
  }

  /** Whether a script did not end: then there is little hope for others on that cluster. */
  boolean stuck() {
    return stuck;
  }

  /** What the cluster says of itself, and its OSD of what it works at; blocks for half a minute. */
  private String state() throws IOException {
    String questions =
        """
        timeout 10 ceph -s
        timeout 10 ceph health detail
        timeout 10 ceph osd df
        timeout 10 ceph --admin-daemon %1$s/run/osd.0.asok dump_ops_in_flight | head -c 6000
        tail -n 20 %1$s/log/osd.0.log
        """
            .formatted(ceph.folder());
    return output(command("bash", "-c", questions).redirectErrorStream(true).start());
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
