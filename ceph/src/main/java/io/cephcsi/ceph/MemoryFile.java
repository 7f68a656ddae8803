package io.cephcsi.ceph;

import com.sun.jna.Function;
import com.sun.jna.LastErrorException;
import com.sun.jna.NativeLibrary;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A file that is in memory alone and ends with this process at the latest: for a key that a program
 * takes from nothing but a file. See memfd_create(2).
 */
public final class MemoryFile implements AutoCloseable {
  private static final int CLOSE_ON_EXEC = 1;
  private static final int NO_EXECUTION = 8; // since Linux 6.3, where a node may insist on it
  private static final NativeLibrary C = NativeLibrary.getInstance("c");

  private final int descriptor;

  private MemoryFile(int descriptor) {
    this.descriptor = descriptor;
  }

  /** Makes a file with that text. */
  public static MemoryFile of(String text) {
    var file = new MemoryFile(create());
    try (OutputStream out = new FileOutputStream(file.path().toFile())) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
      return file;
    } catch (IOException e) {
      file.close();
      throw new UncheckedIOException("write a file in memory", e);
    }
  }

  private static int create() {
    try {
      return create(CLOSE_ON_EXEC | NO_EXECUTION);
    } catch (LastErrorException e) {
      return createAsOlderKernelsDo();
    }
  }

  private static int createAsOlderKernelsDo() {
    try {
      return create(CLOSE_ON_EXEC);
    } catch (LastErrorException e) {
      throw new UncheckedIOException("make a file in memory", new IOException(e.getMessage()));
    }
  }

  private static int create(int flags) {
    return function("memfd_create").invokeInt(new Object[] {"cephcsi", flags});
  }

  private static Function function(String name) {
    return C.getFunction(name, Function.THROW_LAST_ERROR);
  }

  /** How child processes of the same user open it, for as long as it is not closed. */
  public Path path() {
    return Path.of(
        "/proc", Long.toString(ProcessHandle.current().pid()), "fd", Integer.toString(descriptor));
  }

  /** Call it once: another file may have the descriptor afterwards. */
  @Override
  public void close() {
    var _ = function("close").invokeInt(new Object[] {descriptor});
  }
}
