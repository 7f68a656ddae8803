package io.cephcsi.cmd.people;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPOutputStream;

/**
 * Text files in a tar.gz, each without its secrets: there is no other way in. Ended by {@link
 * #write}; nothing is on the disk before.
 *
 * <p>The form is POSIX' ustar, of which regular files with short names are all that is needed.
 */
final class Bundle {
  private static final int BLOCK = 512;
  private static final int LONGEST_NAME = 100;
  private static final int CHECKSUM = 148;

  private final long seconds;
  private final Map<String, String> texts = new LinkedHashMap<>();

  /**
   * @param seconds since 1970, which all files are of
   */
  Bundle(long seconds) {
    this.seconds = seconds;
  }

  /** Adds a file; its secrets are taken out when all are known. */
  void add(String name, String text) {
    if (name.length() >= LONGEST_NAME || !StandardCharsets.US_ASCII.newEncoder().canEncode(name)) {
      throw new IllegalArgumentException("too long or not ASCII: " + name);
    }
    texts.put(name, text);
  }

  private byte[] header(String name, int size) {
    byte[] header = new byte[BLOCK];
    put(header, 0, name);
    put(header, LONGEST_NAME, "0000600");
    put(header, 108, "0000000"); // owner and group
    put(header, 116, "0000000");
    put(header, 124, "%011o".formatted(size));
    put(header, 136, "%011o".formatted(seconds));
    put(header, CHECKSUM, " ".repeat(8)); // counted as blanks
    put(header, 156, "0");
    put(header, 257, "ustar\00000");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    put(header, CHECKSUM, "%06o\0 ".formatted(sum));
    return header;
  }

  private static void put(byte[] header, int offset, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, offset, bytes.length);
  }

  /** Writes it all, for its owner's eyes alone. */
  void write(Path file, Redaction redaction) throws IOException {
    var rights = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    try (var channel =
            Files.newByteChannel(
                file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), rights);
        OutputStream out = new GZIPOutputStream(Channels.newOutputStream(channel))) {
      for (var entry : texts.entrySet()) {
        byte[] bytes = redaction.of(entry.getValue()).getBytes(StandardCharsets.UTF_8);
        out.write(header(entry.getKey(), bytes.length));
        out.write(bytes);
        out.write(new byte[(BLOCK - bytes.length % BLOCK) % BLOCK]);
      }
      out.write(new byte[2 * BLOCK]); // its end
    } catch (FileAlreadyExistsException e) {
      throw new WrongUsage(file + " exists already: name another one by --file");
    }
  }
}
