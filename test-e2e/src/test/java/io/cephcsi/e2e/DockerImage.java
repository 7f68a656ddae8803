package io.cephcsi.e2e;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * An image of a docker daemon, which the environment's DOCKER_HOST names where it is not the usual
 * one.
 */
record DockerImage(String name) {
  /** A container that runs; it goes with {@link #close}. */
  record Container(String id) implements AutoCloseable {
    /** Its first process, on this machine. */
    long pid() throws IOException, InterruptedException {
      return Long.parseLong(docker("inspect", "--format={{.State.Pid}}", id));
    }

    String log() throws IOException, InterruptedException {
      return output(command("logs", id).redirectErrorStream(true));
    }

    @Override
    public void close() throws IOException {
      try {
        var _ = docker("rm", "--force", id);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("container %s is left behind".formatted(id), e);
      }
    }
  }

  /**
   * Runs it in the background.
   *
   * @param options of {@code docker run}
   * @param arguments of the image's program
   */
  @MustBeClosed
  Container start(List<String> options, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("run", "--detach"));
    command.addAll(options);
    command.add(name);
    command.addAll(arguments);
    return new Container(docker(command.toArray(String[]::new)));
  }

  /** What a shell in it prints, on both its outputs; fails when the shell does. */
  String shell(String script) throws IOException, InterruptedException {
    return docker(
        "run",
        "--rm",
        "--network=none",
        "--entrypoint=/bin/sh",
        name,
        "-c",
        "exec 2>&1; " + script);
  }

  /** A part of its configuration, by a template of docker's. */
  String configured(String template) throws IOException, InterruptedException {
    return docker("image", "inspect", "--format=" + template, name);
  }

  private static String docker(String... arguments) throws IOException, InterruptedException {
    return output(command(arguments).redirectError(ProcessBuilder.Redirect.INHERIT));
  }

  private static ProcessBuilder command(String... arguments) {
    List<String> command = new ArrayList<>(List.of("docker"));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }

  private static String output(ProcessBuilder command) throws IOException, InterruptedException {
    Process process = command.start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    int exit = process.waitFor();
    if (exit != 0) {
      throw new IOException(
          "%s: exit %d: %s".formatted(String.join(" ", command.command()), exit, output));
    }
    return output;
  }
}
