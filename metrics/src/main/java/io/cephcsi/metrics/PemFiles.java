package io.cephcsi.metrics;

import io.cephcsi.metrics.MetricsAddress.TlsFiles;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a certificate and its private key from PEM files. */
final class PemFiles {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN ([A-Z ]*)PRIVATE KEY-----([^-]+)-----END");

  /** What stands before an RSA key in PKCS #8: version 0, and the algorithm's number. */
  private static final byte[] RSA_HEADER =
      HexFormat.of().parseHex("020100300d06092a864886f70d0101010500");

  private PemFiles() {}

  /** A private key and the certificates for it, the key's own first. */
  record KeyPair(PrivateKey key, List<X509Certificate> chain) {}

  static KeyPair read(TlsFiles files) throws IOException {
    List<X509Certificate> chain = certificates(files.certificate());
    PublicKey publicKey = chain.getFirst().getPublicKey();
    PrivateKey key = key(files.key(), publicKey.getAlgorithm());
    if (!belongs(key, publicKey, files)) {
      throw new IOException(
          "TLS key %s is not that of certificate %s: give two that belong together"
              .formatted(files.key(), files.certificate()));
    }
    return new KeyPair(key, chain);
  }

  private static List<X509Certificate> certificates(Path file) throws IOException {
    try {
      var found =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(bytes(file)));
      if (found.isEmpty()) {
        throw new IOException(
            "TLS certificate %s has no certificate: give one in PEM form".formatted(file));
      }
      return found.stream().map(X509Certificate.class::cast).toList();
    } catch (CertificateException e) {
      throw new IOException(
          "TLS certificate %s cannot be read as one: give it in PEM form".formatted(file), e);
    }
  }

  private static PrivateKey key(Path file, String algorithm) throws IOException {
    Matcher pem = KEY.matcher(new String(bytes(file), StandardCharsets.US_ASCII));
    if (!pem.find()) {
      throw new IOException("TLS key %s has no private key: give one in PEM form".formatted(file));
    }
    String form = pem.group(1).strip();
    try {
      byte[] der = Base64.getMimeDecoder().decode(pem.group(2));
      byte[] pkcs8 =
          switch (form) {
            case "" -> der;
            case "RSA" -> sequence(concat(RSA_HEADER, tagged(0x04, der)));
            default ->
                throw new IOException(
                    "TLS key %s is of a form that is not known, %s: run openssl pkcs8 -topk8 -nocrypt on it"
                        .formatted(file, form));
          };
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(
          "TLS key %s is no private key for a certificate of %s: give the one that it was made with"
              .formatted(file, algorithm),
          e);
    }
  }

  private static byte[] bytes(Path file) throws IOException {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new IOException(
          "TLS file %s is missing: mount its Secret, or correct --metrics-tls-cert and --metrics-tls-key"
              .formatted(file),
          e);
    } catch (IOException e) {
      throw new IOException(
          "TLS file %s cannot be read: give a file that the driver may read".formatted(file), e);
    }
  }

  private static boolean belongs(PrivateKey key, PublicKey publicKey, TlsFiles files)
      throws IOException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      throw new IOException(
          "TLS key %s cannot serve certificate %s (%s): make both anew, of RSA, EC or Ed25519"
              .formatted(files.key(), files.certificate(), e.getMessage()),
          e);
    }
  }

  private static byte[] sequence(byte[] content) {
    return tagged(0x30, content);
  }

  /** DER: tag, length, content. */
  private static byte[] tagged(int tag, byte[] content) {
    var out = new ByteArrayOutputStream();
    out.write(tag);
    out.write(0x82); // the length is in the next two bytes
    out.write(content.length >> 8);
    out.write(content.length);
    out.writeBytes(content);
    return out.toByteArray();
  }

  private static byte[] concat(byte[] first, byte[] second) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(first);
    out.writeBytes(second);
    return out.toByteArray();
  }
}
