package io.cephcsi.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A command of bin/cephcsi that has ended.
 *
 * @param out what it printed
 * @param err what it printed on standard error
 */
record CommandRun(int exit, String out, String err) {
  static CommandRun of(String... words) throws IOException, InterruptedException {
    return of(Map.of(), "", words);
  }

  /**
   * Runs it to its end, without a terminal.
   *
   * @param input what it can read
   */
  static CommandRun of(Map<String, String> environment, String input, String... words)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile("command-", ".out");
    Path err = Files.createTempFile("command-", ".err");
    try {
      var builder =
          new ProcessBuilder(ProgramRun.command(words))
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      try (var _ = new AtExit(process::destroyForcibly)) {
        try (var stdin = process.getOutputStream()) {
          stdin.write(input.getBytes(StandardCharsets.UTF_8));
        }
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
          throw new AssertionError("it goes on: " + Files.readString(err));
        }
        return new CommandRun(process.exitValue(), Files.readString(out), Files.readString(err));
      } finally {
        process.destroyForcibly();
      }
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }
}
