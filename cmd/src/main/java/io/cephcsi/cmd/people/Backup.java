package io.cephcsi.cmd.people;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cephcsi.cephfs.care.SubvolumeStep;
import io.cephcsi.cluster.Json;
import io.cephcsi.cluster.Opened;
import io.cephcsi.cluster.care.JournalStep;
import io.cephcsi.cluster.care.Step;
import io.cephcsi.rbd.care.ImageStep;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A file with what a repair has changed, a line of JSON for each step, for its owner's eyes alone.
 * A step is on the disk before it is done, so that no crash loses it.
 */
final class Backup implements AutoCloseable {
  private static final List<Class<? extends Step>> KINDS =
      Stream.of(JournalStep.KINDS, ImageStep.KINDS, SubvolumeStep.KINDS)
          .flatMap(List::stream)
          .toList();

  private final Path file;
  private @Nullable FileChannel channel;

  /** Nothing is made before the first step. */
  Backup(Path file) {
    this.file = file;
  }

  Path file() {
    return file;
  }

  /** Whether anything was written. */
  boolean used() {
    return channel != null;
  }

  /** Writes a step that is about to be done. */
  void add(Opened place, Step step) {
    ObjectNode line = step.json();
    line.put("fsid", place.cluster().fsid());
    line.put("pool", place.pool().name());
    line.put("namespace", place.pool().namespace());
    try {
      FileChannel open = open();
      open.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
      open.force(true);
    } catch (FileAlreadyExistsException e) {
      throw new WrongUsage(file + " exists already: name another one by --backup");
    } catch (IOException e) {
      throw new UncheckedIOException("write the backup " + file, e);
    }
  }

  private FileChannel open() throws IOException {
    if (channel == null) {
      channel =
          FileChannel.open(
              file,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    return channel;
  }

  /** A step that was done, or about to be. */
  record Line(String fsid, String pool, String namespace, Step step) {}

  /** What a file has, in the order in which it was written. */
  static List<Line> read(Path file) throws IOException {
    if (!Files.isReadable(file)) {
      throw new WrongUsage(file + " cannot be read: name the file that doctor --repair has told");
    }
    List<Line> lines = new ArrayList<>();
    for (String text : Files.readAllLines(file)) {
      try {
        JsonNode node = Json.MAPPER.readTree(text);
        lines.add(
            new Line(
                node.path("fsid").asText(),
                node.path("pool").asText(),
                node.path("namespace").asText(),
                Step.of(node, KINDS).orElseThrow()));
      } catch (JsonProcessingException | NoSuchElementException e) {
        throw new WrongUsage(
            "line %d of %s is no step of a repair: name the file that doctor --repair has told"
                .formatted(lines.size() + 1, file));
      }
    }
    return lines;
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
