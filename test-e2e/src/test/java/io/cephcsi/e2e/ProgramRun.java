package io.cephcsi.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One run of a program, which ends when it is closed, or with this JVM. */
public record ProgramRun(Process process, Path log, AtExit atExit) implements AutoCloseable {
  public static ProgramRun start(Path log, Map<String, String> environment, List<String> command)
      throws IOException {
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      return new ProgramRun(process, log, new AtExit(process::destroyForcibly));
    } catch (IllegalStateException e) { // this JVM is ending already
      process.destroyForcibly();
      throw e;
    }
  }

  /** The driver's program, with flags. */
  static List<String> command(String... flags) {
    List<String> command = new ArrayList<>();
    command.add(Checkout.root().resolve("bin/cephcsi").toString());
    command.addAll(List.of(flags));
    return command;
  }

  /** What it has printed. */
  public String said() throws IOException {
    return Files.readString(log);
  }

  /** Its exit code, when it ends by itself. */
  int awaitEnd() throws IOException, InterruptedException {
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      throw new AssertionError("it goes on:\n" + said());
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        var _ = process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
    atExit.close();
  }
}
