package io.cephcsi.csi;

import io.grpc.BindableService;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.okhttp.OkHttpServerBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A gRPC server with CSI services on an endpoint. A thread of each connection takes its requests
 * and hands them to {@link Calls}; no handler blocks.
 */
public final class CsiServer implements AutoCloseable {
  private final Endpoint endpoint;
  private final Server server;
  private final PatientThreads threads;

  private CsiServer(Endpoint endpoint, Server server, PatientThreads threads) {
    this.endpoint = endpoint;
    this.server = server;
    this.threads = threads;
  }

  /**
   * Listens and serves. A stale unix socket is removed first; the new one may be used by its owner
   * and group.
   *
   * @throws IOException when the endpoint is in use or cannot be made
   */
  public static CsiServer start(Endpoint endpoint, List<BindableService> services)
      throws IOException {
    return start(endpoint, services, List.of());
  }

  /**
   * As the other one.
   *
   * @param interceptors see each call first
   */
  public static CsiServer start(
      Endpoint endpoint, List<BindableService> services, List<ServerInterceptor> interceptors)
      throws IOException {
    if (endpoint instanceof Endpoint.Unix unix) {
      unix.removeStale();
    }
    var threads = new PatientThreads();
    var builder =
        OkHttpServerBuilder.forPort(endpoint.address(), InsecureServerCredentials.create())
            .transportExecutor(threads)
            .executor(Runnable::run);
    if (endpoint instanceof Endpoint.Unix) {
      builder.socketFactory(new UnixListeners());
    }
    services.forEach(builder::addService);
    interceptors.forEach(builder::intercept);
    try {
      var server = new CsiServer(endpoint, builder.build().start(), threads);
      server.restrict();
      return server;
    } catch (IOException e) {
      threads.close();
      throw new IOException(
          "endpoint %s: %s; see whether its folder is there and writable, or its port free"
              .formatted(endpoint, e.getMessage()),
          e);
    }
  }

  private void restrict() throws IOException {
    if (endpoint instanceof Endpoint.Unix(var path)) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
    }
  }

  /** Takes no new calls, waits for the running ones within the grace time, removes the socket. */
  public void stop(Duration grace) throws InterruptedException, IOException {
    server.shutdown();
    if (!server.awaitTermination(grace.toMillis(), TimeUnit.MILLISECONDS)) {
      server.shutdownNow();
    }
    threads.close();
    if (endpoint instanceof Endpoint.Unix(var path)) {
      Files.deleteIfExists(path);
    }
  }

  /** Waits until somebody stops the server. */
  public void await() throws InterruptedException {
    server.awaitTermination();
  }

  @Override
  public void close() {
    server.shutdownNow();
    threads.close();
  }
}
