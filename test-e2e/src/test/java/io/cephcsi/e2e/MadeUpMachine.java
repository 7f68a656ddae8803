package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A machine for {@code ./dev} in a folder: JDKs, an os-release, a user, and programs which only
 * write down how they are started. What is installed and built there is a file's name.
 */
final class MadeUpMachine {
  /** What is on every Debian. */
  private static final List<String> TOOLS =
      List.of(
          "basename",
          "bash",
          "cat",
          "chmod",
          "cmp",
          "cp",
          "cut",
          "date",
          "diff",
          "dirname",
          "env",
          "find",
          "grep",
          "gzip",
          "head",
          "id",
          "ln",
          "ls",
          "mkdir",
          "mktemp",
          "mv",
          "realpath",
          "rm",
          "rmdir",
          "sed",
          "sha256sum",
          "sleep",
          "sort",
          "tail",
          "tar",
          "touch",
          "tr",
          "uname",
          "wc",
          "xargs");

  private static final List<String> FILES =
      List.of(
          "pom.xml",
          "cmd/pom.xml",
          "cmd/src/main/launcher/cephcsi",
          "cmd/src/main/launcher/NewerClasses.java",
          "test-e2e/kubernetes/registrar/main.go");

  /** Where dev looks for things of the machine, and where it finds this one's. */
  private static final Map<String, String> PLACES =
      Map.of(
          "/usr/lib/jvm/*", "$MADE_UP/jvm/*",
          "/opt/*jdk*", "$MADE_UP/opt/*",
          "/usr/java/*", "$MADE_UP/java/*",
          "/etc/os-release", "$MADE_UP/os-release",
          "/proc/sys/fs/binfmt_misc", "$MADE_UP/binfmt_misc",
          "/usr/lib/binfmt.d", "$MADE_UP/binfmt.d",
          "EUID", "MADE_UP_USER");

  private final Path folder;
  private final Map<String, String> environment = new TreeMap<>();

  /**
   * A run of a command.
   *
   * @param said on both streams
   * @param started the programs, a line each
   */
  record Run(int exit, String said, List<String> started) {
    List<String> of(String program) {
      return started.stream().filter(line -> line.startsWith(program + " ")).toList();
    }
  }

  /** A Debian 13 with nothing but apt, whose user is root. */
  MadeUpMachine(Path folder) throws IOException {
    this.folder = folder;
    environment.put("MADE_UP", folder.toString());
    environment.put("MADE_UP_USER", "0");
    // Not in the folder: JUnit tells of each link that leads out of one that it removes.
    Path tools = Checkout.root().resolve("test-e2e/target/tools");
    environment.put("PATH", folder.resolve("programs") + ":" + tools);
    environment.put("HOME", folder.toString());
    for (String tool : TOOLS) {
      link(tools.resolve(tool), real(tool));
    }
    for (String file : FILES) {
      write(file, "");
    }
    write("charts/ceph-csi-rbd/Chart.yaml", "appVersion: 0.1.0\n");
    write("Dockerfile", "ARG SOURCE_DATE_EPOCH=1\n");
    write("binfmt_misc/register", "");
    write("binfmt.d/qemu-aarch64.conf", "programs of arm64");
    write("binfmt.d/qemu-x86_64.conf", "programs of amd64");
    write("log", "");
    write("installed", "");
    debian("13");
    Path program = folder.resolve("made-up-program");
    Files.copy(
        Checkout.root().resolve("test-e2e/src/test/resources/io/cephcsi/e2e/made-up-program"),
        program);
    assertThat(program.toFile().setExecutable(true)).isTrue();
    link(folder.resolve("cmd/src/main/launcher/cephcsi"), program);
    link(folder.resolve("test-e2e/ceph/single-node"), program);
    programs("dpkg-query", "apt-get");
    dev();
  }

  private void dev() throws IOException {
    String dev = Files.readString(Checkout.root().resolve("dev"));
    for (var place : PLACES.entrySet()) {
      assertThat(dev).contains(place.getKey());
      dev = dev.replace(place.getKey(), place.getValue());
    }
    write("dev", dev);
    assertThat(folder.resolve("dev").toFile().setExecutable(true)).isTrue();
  }

  private static Path real(String tool) {
    return Stream.of("/usr/bin", "/bin")
        .map(bin -> Path.of(bin, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + tool));
  }

  void write(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private static void link(Path path, Path target) throws IOException {
    Files.createDirectories(path.getParent());
    Files.deleteIfExists(path);
    Files.createSymbolicLink(path, target);
  }

  /** Puts them on the path. */
  void programs(String... names) throws IOException {
    for (String name : names) {
      link(folder.resolve("programs/" + name), folder.resolve("made-up-program"));
    }
  }

  /** Takes them off it again. */
  void without(String... names) throws IOException {
    for (String name : names) {
      Files.delete(folder.resolve("programs").resolve(name));
    }
  }

  void debian(String version) throws IOException {
    write("os-release", "ID=debian\nVERSION_ID=\"%s\"\n".formatted(version));
  }

  void user(String id) {
    environment.put("MADE_UP_USER", id);
  }

  /** A JDK in the usual folder. */
  Path jdk(String version) throws IOException {
    String home = "jvm/jdk-" + version;
    write(home + "/release", "JAVA_VERSION=\"%s.0.1\"\n".formatted(version));
    for (String program : List.of("java", "javac", "jar")) {
      link(folder.resolve(home + "/bin/" + program), folder.resolve("made-up-program"));
    }
    return folder.resolve(home);
  }

  void javaHome(Path home) {
    environment.put("JAVA_HOME", home.toString());
  }

  /** The JDK that the driver runs by. */
  Path usedJdk() throws IOException {
    return Files.readSymbolicLink(folder.resolve("bin/jdk"));
  }

  /** What is installed now. */
  List<String> installed() throws IOException {
    return Files.readAllLines(folder.resolve("installed"));
  }

  /** Runs a line of shell in the checkout. */
  Run run(String command) throws IOException, InterruptedException {
    write("log", "");
    Path said = folder.resolve("said");
    var builder =
        new ProcessBuilder("/bin/bash", "-c", command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.start();
    try (var _ = new AtExit(process::destroyForcibly)) {
      process.getOutputStream().close();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(command).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Run(
        process.exitValue(), Files.readString(said), Files.readAllLines(folder.resolve("log")));
  }
}
