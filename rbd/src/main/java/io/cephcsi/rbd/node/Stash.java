package io.cephcsi.rbd.node;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cephcsi.csi.CsiException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * What the staging directory remembers of a staged volume, in ceph-csi's file and form, so that
 * either driver can unstage what the other staged.
 *
 * @param nbd ceph-csi's {@code accessType}: whether it was mapped by rbd-nbd
 * @param device empty for a kernel mapping, which is found by the image's name
 */
@JsonPropertyOrder({
  "Version",
  "pool",
  "radosNamespace",
  "image",
  "unmapOptions",
  "accessType",
  "encrypted",
  "device",
  "logDir",
  "logFileStrategy"
})
record Stash(
    @JsonProperty("Version") int version,
    @JsonProperty("pool") String pool,
    @JsonProperty("radosNamespace") String namespace,
    @JsonProperty("image") String image,
    @JsonProperty("unmapOptions") String unmapOptions,
    @JsonProperty("accessType") boolean nbd,
    @JsonProperty("encrypted") boolean encrypted,
    @JsonProperty("device") String device,
    @JsonProperty("logDir") String logDirectory,
    @JsonProperty("logFileStrategy") String logStrategy) {
  private static final int VERSION = 3;
  private static final String FILE = "image-meta.json";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_PROPERTIES)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  Stash {
    pool = orEmpty(pool);
    namespace = orEmpty(namespace);
    image = orEmpty(image);
    unmapOptions = orEmpty(unmapOptions);
    device = orEmpty(device);
    logDirectory = orEmpty(logDirectory);
    logStrategy = orEmpty(logStrategy);
  }

  @SuppressWarnings("ConstantValue") // a key that is missing in the file comes as null
  private static String orEmpty(String text) {
    return text == null ? "" : text;
  }

  static Stash of(ImageSpec image, String unmapOptions) {
    return new Stash(
        VERSION,
        image.pool(),
        image.namespace(),
        image.image(),
        unmapOptions,
        false,
        false,
        "",
        "",
        "");
  }

  /** Of an image that rbd-nbd maps, before there is a device. */
  static Stash ofNbd(
      ImageSpec image, String unmapOptions, String logDirectory, String logStrategy) {
    return new Stash(
        VERSION,
        image.pool(),
        image.namespace(),
        image.image(),
        unmapOptions,
        true,
        false,
        "",
        logDirectory,
        logStrategy);
  }

  /** The same with the device that rbd-nbd has made. */
  Stash with(Path made) {
    return new Stash(
        version,
        pool,
        namespace,
        image,
        unmapOptions,
        nbd,
        encrypted,
        made.toString(),
        logDirectory,
        logStrategy);
  }

  ImageSpec spec() {
    return new ImageSpec(pool, namespace, image);
  }

  /** The log of the rbd-nbd that maps it. */
  NbdLog log(String volumeId) {
    return new NbdLog(logDirectory.isEmpty() ? NbdMapper.LOG_DIRECTORY : logDirectory, volumeId);
  }

  /** Writes it whole or not at all. */
  void write(Path staging) throws IOException {
    Path temporary = staging.resolve("." + FILE);
    Files.deleteIfExists(temporary);
    var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    var how = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (FileChannel file = FileChannel.open(temporary, how, mode)) {
      var _ = file.write(ByteBuffer.wrap(text().getBytes(StandardCharsets.UTF_8)));
      file.force(true);
    }
    Files.move(temporary, staging.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
  }

  /** As Go writes it: one line, no blanks, in the order of the fields, safe within HTML. */
  String text() {
    try {
      return JSON.writeValueAsString(this)
          .replace("<", "\\u003c")
          .replace(">", "\\u003e")
          .replace("&", "\\u0026");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads it; empty when there is none.
   *
   * @throws CsiException.FailedPrecondition when the file is broken
   */
  static Optional<Stash> read(Path staging) throws IOException {
    Path file = staging.resolve(FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(Files.readString(file), Stash.class));
    } catch (JsonProcessingException e) {
      throw new CsiException.FailedPrecondition(
          "%s is broken (%s): unmap the volume's device by hand, then remove the file"
              .formatted(file, e.getOriginalMessage()));
    }
  }

  static void remove(Path staging) throws IOException {
    Files.deleteIfExists(staging.resolve("." + FILE));
    Files.deleteIfExists(staging.resolve(FILE));
  }
}
