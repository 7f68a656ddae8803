package io.cephcsi.e2e;

import com.fasterxml.jackson.databind.json.JsonMapper;
import csi.v1.Volume;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A subvolume that an administrator makes by Ceph's own commands. */
final class AdminSubvolume {
  private static final String GROUP = "csi";
  private static final String BYTES = Long.toString(1L << 30);

  private final ThrowawayCeph ceph;

  AdminSubvolume(ThrowawayCeph ceph) {
    this.ceph = ceph;
  }

  /** Makes one, as a volume whose context says all that a node needs. */
  Volume make(String name, Map<String, String> parameters)
      throws IOException, InterruptedException {
    String fs = ceph.entry("fs");
    var _ = ceph("fs", "subvolumegroup", "create", fs, GROUP);
    var _ = ceph("fs", "subvolume", "create", fs, name, GROUP, "--size", BYTES);
    return Volume.newBuilder()
        .setVolumeId(
            "0001-%04x-%s-%016x-57faaacd-4db4-4605-8fab-%012x"
                .formatted(
                    DriverProcess.CLUSTER_ID.length(),
                    DriverProcess.CLUSTER_ID,
                    1,
                    Math.abs((long) name.hashCode())))
        .putAllVolumeContext(parameters)
        .putVolumeContext("subvolumeName", name)
        .putVolumeContext("subvolumePath", ceph("fs", "subvolume", "getpath", fs, name, GROUP))
        .build();
  }

  /** The names of all that are in the group. */
  List<String> names() throws IOException, InterruptedException {
    String list = ceph("fs", "subvolume", "ls", ceph.entry("fs"), GROUP, "--format", "json");
    List<String> names = new ArrayList<>();
    new JsonMapper().readTree(list).forEach(entry -> names.add(entry.path("name").asText()));
    return names;
  }

  /** Runs a command of Ceph; gives back what it said. */
  String ceph(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("ceph"));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("CEPH_CONF", ceph.entry("conf"));
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + " ended with " + process.exitValue());
    }
    return output.strip();
  }
}
