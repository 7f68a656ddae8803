package io.cephcsi.cmd.people;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a node runs, has mapped and mounted, as its kernel tells; nothing is touched that may hang.
 *
 * @param root normally {@code /}
 */
record NodeState(Path root) {
  private static final List<String> OF_RBD =
      List.of("pool", "pool_ns", "name", "image_id", "client_addr", "cluster_fsid", "size");

  /** The command lines of the drivers that run here, with their process numbers. */
  String drivers() {
    var lines = new StringBuilder();
    for (Path process : entries("proc", "[0-9]*")) {
      String line = read(process.resolve("cmdline")).replace('\0', ' ').strip();
      if (line.contains("cephcsi") && line.contains("-type")) {
        lines.append(process.getFileName()).append(' ').append(line).append('\n');
      }
    }
    return lines.toString();
  }

  /** The mount table. */
  String mounts() {
    return read(root.resolve("proc/self/mountinfo"));
  }

  /** Devices that show images, by each of the mappers. */
  String mappings() {
    Map<String, List<String>> found = new TreeMap<>();
    for (Path device : entries("sys/bus/rbd/devices", "*")) {
      // config_info is left out: it has the key.
      List<String> facts = new ArrayList<>();
      OF_RBD.forEach(key -> facts.add(key + "=" + read(device.resolve(key))));
      found.put("rbd" + device.getFileName(), facts);
    }
    for (Path device : entries("sys/block", "{nbd,loop}*")) {
      for (String key : List.of("pid", "backend", "loop/backing_file")) {
        String value = read(device.resolve(key));
        if (!value.isEmpty()) {
          found
              .computeIfAbsent(String.valueOf(device.getFileName()), _ -> new ArrayList<>())
              .add(key + "=" + value);
        }
      }
    }
    var lines = new StringBuilder();
    found.forEach((device, facts) ->
        lines.append(device).append(' ').append(String.join(" ", facts)).append('\n'));
    return lines.toString();
  }

  /** What the system is. */
  String system() {
    return read(root.resolve("etc/os-release")) + "\n" + read(root.resolve("proc/version")) + "\n";
  }

  private List<Path> entries(String folder, String glob) {
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(root.resolve(folder), glob)) {
      found.forEach(entries::add);
    } catch (IOException e) {
      // this kernel has none
    }
    entries.sort(null);
    return entries;
  }

  /** Empty where it cannot be read. */
  private static String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
