package io.cephcsi.metrics;

import io.cephcsi.metrics.MetricsAddress.TlsFiles;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The key and certificate of a TLS server, read again when their files have changed: certificates
 * are renewed every few weeks. Files that cannot be used then leave the old ones in place.
 */
final class ServerKeys extends X509ExtendedKeyManager {
  private static final System.Logger LOG = System.getLogger("cephcsi");
  private static final String ALIAS = "metrics";

  private record Loaded(PemFiles.KeyPair pair, Set<FileTime> times) {}

  private final TlsFiles files;
  private Loaded loaded;

  private ServerKeys(TlsFiles files) throws IOException {
    this.files = files;
    this.loaded = load(files);
  }

  /**
   * What a server shows to its clients.
   *
   * @throws IOException when a file is missing or wrong; the message names it
   */
  static SSLContext context(TlsFiles files) throws IOException {
    var keys = new ServerKeys(files);
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {keys}, null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // every JDK has TLS
    }
  }

  private static Loaded load(TlsFiles files) throws IOException {
    Set<FileTime> times = times(files);
    return new Loaded(PemFiles.read(files), times);
  }

  private static Set<FileTime> times(TlsFiles files) throws IOException {
    try {
      var certificate = Files.getLastModifiedTime(files.certificate());
      var key = Files.getLastModifiedTime(files.key());
      return certificate.equals(key) ? Set.of(key) : Set.of(certificate, key);
    } catch (java.nio.file.NoSuchFileException e) {
      throw new IOException(
          "TLS file %s is missing: mount its Secret, or correct --metrics-tls-cert and --metrics-tls-key"
              .formatted(e.getFile()),
          e);
    }
  }

  private synchronized PemFiles.KeyPair pair() {
    try {
      if (!times(files).equals(loaded.times())) {
        loaded = load(files);
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "the old TLS key stays: " + e.getMessage());
    }
    return loaded.pair();
  }

  private @Nullable String alias(String keyType) {
    String algorithm = pair().key().getAlgorithm();
    boolean fits =
        keyType.equals(algorithm)
            || (keyType.equals("RSASSA-PSS") && algorithm.equals("RSA"))
            || (keyType.startsWith("Ed") && algorithm.startsWith("Ed"));
    return fits ? ALIAS : null;
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(keyType);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(keyType);
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return alias(keyType) == null ? null : new String[] {ALIAS};
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    List<X509Certificate> chain = pair().chain();
    return chain.toArray(X509Certificate[]::new);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return pair().key();
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String @Nullable [] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }
}
