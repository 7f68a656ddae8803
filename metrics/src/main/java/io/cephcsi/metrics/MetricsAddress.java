package io.cephcsi.metrics;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where metrics can be scraped.
 *
 * @param host an address of this machine; {@code 0.0.0.0} for all
 * @param port 0 for any that is free
 * @param path {@code /metrics}
 * @param tls for https; empty for http
 */
public record MetricsAddress(String host, int port, String path, Optional<TlsFiles> tls) {
  /**
   * Files in PEM form; read again when they change.
   *
   * @param certificate the server's, and behind it those that it leads to
   * @param key the certificate's private key
   */
  public record TlsFiles(Path certificate, Path key) {}

  @Override
  public String toString() {
    return "%s://%s:%d%s".formatted(tls.isPresent() ? "https" : "http", host, port, path);
  }
}
