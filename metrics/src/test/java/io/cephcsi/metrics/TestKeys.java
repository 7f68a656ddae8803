package io.cephcsi.metrics;

import io.cephcsi.metrics.MetricsAddress.TlsFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** A key and its certificate for 127.0.0.1, made by the JDK's keytool, in the forms of files. */
record TestKeys(PrivateKey key, X509Certificate certificate) {
  private static final char[] PASSWORD = "password".toCharArray();

  /** What stands before the key itself in PKCS #8 of an RSA key of 2048 bits. */
  private static final int RSA_HEADER = 26;

  static TestKeys make(Path folder, String algorithm) throws Exception {
    Path store = Files.createTempDirectory(folder, "keys").resolve("store.p12");
    var keytool =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-alias",
                    "k",
                    "-keyalg",
                    algorithm,
                    "-dname",
                    "CN=" + algorithm,
                    "-ext",
                    "san=ip:127.0.0.1",
                    "-storetype",
                    "PKCS12",
                    "-storepass",
                    new String(PASSWORD),
                    "-keystore",
                    store.toString()))
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (keytool.waitFor() != 0) {
      throw new IOException(said);
    }
    return read(store);
  }

  private static TestKeys read(Path file) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    return new TestKeys(
        (PrivateKey) store.getKey("k", PASSWORD), (X509Certificate) store.getCertificate("k"));
  }

  TlsFiles write(Path folder) throws Exception {
    var files = new TlsFiles(folder.resolve("tls.crt"), folder.resolve("tls.key"));
    Files.writeString(files.certificate(), pem("CERTIFICATE", certificate.getEncoded()));
    Files.writeString(files.key(), pem("PRIVATE KEY", key.getEncoded()));
    return files;
  }

  /** The key of RSA as openssl and cert-manager write it. */
  String pkcs1() {
    byte[] pkcs8 = key.getEncoded();
    return pem("RSA PRIVATE KEY", Arrays.copyOfRange(pkcs8, RSA_HEADER, pkcs8.length));
  }

  static String pem(String what, byte[] der) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(what, text, what);
  }
}
