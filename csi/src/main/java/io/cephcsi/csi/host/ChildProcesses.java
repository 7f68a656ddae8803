package io.cephcsi.csi.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs programs as child processes of this one. */
public final class ChildProcesses implements Commands {
  private static final int MOST_OUTPUT = 64 << 10;

  @Override
  public Outcome run(List<String> command, byte[] input, Duration deadline) {
    Process child = start(command);
    try {
      var out = reading(child.getInputStream());
      var err = reading(child.getErrorStream());
      feed(child, input);
      if (!child.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new CommandFailed(command, "ended after %s without an end".formatted(deadline));
      }
      return new Outcome(child.exitValue(), text(out), text(err));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailed(command, "interrupted");
    } finally {
      end(child);
    }
  }

  private static Process start(List<String> command) {
    var builder = new ProcessBuilder(command);
    // Messages are read, and some of them parsed.
    builder.environment().put("LC_ALL", "C.UTF-8");
    try {
      return builder.start();
    } catch (IOException e) {
      throw new CommandFailed(command, "cannot be started: " + e.getMessage());
    }
  }

  private static void feed(Process child, byte[] input) {
    try (OutputStream stream = child.getOutputStream()) {
      stream.write(input);
    } catch (IOException e) {
      // It ended without reading; its exit status tells why.
    }
  }

  /** Output is read on threads of its own, so that a program that prints much is not stopped. */
  private static CompletableFuture<byte[]> reading(InputStream stream) {
    var read = new CompletableFuture<byte[]>();
    Thread.ofPlatform().daemon().name("child-output").start(() -> read(stream, read));
    return read;
  }

  private static void read(InputStream stream, CompletableFuture<byte[]> read) {
    try (stream) {
      byte[] start = stream.readNBytes(MOST_OUTPUT);
      var _ = stream.transferTo(OutputStream.nullOutputStream());
      read.complete(start);
    } catch (IOException | UncheckedIOException e) {
      read.complete(new byte[0]);
    }
  }

  /** What was read; a daemon that the program left behind may keep the stream open for ever. */
  private static String text(CompletableFuture<byte[]> read) throws InterruptedException {
    try {
      return new String(read.get(1, TimeUnit.SECONDS), StandardCharsets.UTF_8);
    } catch (ExecutionException | TimeoutException e) {
      return "";
    }
  }

  private static void end(Process child) {
    if (child.isAlive()) {
      child.descendants().forEach(ProcessHandle::destroyForcibly);
      child.destroyForcibly();
    }
  }
}
