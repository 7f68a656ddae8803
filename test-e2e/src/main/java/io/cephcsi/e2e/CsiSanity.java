package io.cephcsi.e2e;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cephcsi.ceph.Credentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** The conformance suite of kubernetes-csi, run against a driver's socket. */
public final class CsiSanity {
  private static final long MINUTES = 8;

  /** Requests that take secrets, as csi-sanity calls them. */
  private static final List<String> SECRETS =
      List.of(
          "CreateVolumeSecret",
          "DeleteVolumeSecret",
          "ControllerPublishVolumeSecret",
          "ControllerUnpublishVolumeSecret",
          "ControllerValidateVolumeCapabilitiesSecret",
          "ControllerExpandVolumeSecret",
          "NodeStageVolumeSecret",
          "NodePublishVolumeSecret",
          "CreateSnapshotSecret",
          "DeleteSnapshotSecret",
          "ListSnapshotsSecret");

  /**
   * How it went.
   *
   * @param exit 0 when nothing failed
   * @param output all that it printed
   */
  public record Outcome(int exit, String output) {
    /** The line with how many specs passed and failed. */
    public String summary() {
      return output
          .lines()
          .filter(line -> line.contains("Passed |"))
          .findFirst()
          .orElse("no summary")
          .strip();
    }
  }

  private final Path program;

  /**
   * @param program the built csi-sanity
   */
  public CsiSanity(Path program) {
    this.program = program;
  }

  /**
   * Runs the whole suite; blocks for a minute or so.
   *
   * @param accessType {@code mount} or {@code block}
   * @param folder an empty one, for its files and mount points
   */
  public Outcome run(
      Path socket,
      Credentials credentials,
      Map<String, String> parameters,
      String accessType,
      Path folder)
      throws IOException, InterruptedException {
    Path secrets = folder.resolve("secrets.yaml"); // JSON is YAML
    Path classParameters = folder.resolve("parameters.yaml");
    new JsonMapper().writeValue(secrets.toFile(), secrets(credentials));
    new JsonMapper().writeValue(classParameters.toFile(), parameters);
    Path snapshotParameters = folder.resolve("snapshot-parameters.yaml");
    String clusterId = String.valueOf(parameters.get("clusterID"));
    new JsonMapper().writeValue(snapshotParameters.toFile(), Map.of("clusterID", clusterId));
    return run(
        folder,
        "--csi.endpoint=unix://" + socket,
        "--csi.secrets=" + secrets,
        "--csi.testvolumeparameters=" + classParameters,
        "--csi.testsnapshotparameters=" + snapshotParameters,
        "--csi.testvolumeaccesstype=" + accessType,
        "--csi.testvolumesize=1073741824",
        "--csi.testvolumeexpandsize=2147483648",
        "--csi.mountdir=" + folder.resolve("mount"),
        "--csi.stagingdir=" + folder.resolve("staging"));
  }

  /** Runs only the tests of the Identity service, which want no cluster. */
  public Outcome identity(Path socket, Path folder) throws IOException, InterruptedException {
    return run(folder, "--csi.endpoint=unix://" + socket, "--ginkgo.focus=Identity Service");
  }

  private Outcome run(Path folder, String... flags) throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    List<String> command = new ArrayList<>(List.of(program.toString(), "--ginkgo.no-color"));
    command.addAll(List.of(flags));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
      var _ = process.destroyForcibly();
      throw new IOException("csi-sanity did not end within %d minutes".formatted(MINUTES));
    }
    return new Outcome(process.exitValue(), Files.readString(output));
  }

  private static Map<String, Map<String, String>> secrets(Credentials credentials) {
    Map<String, Map<String, String>> secrets = new TreeMap<>();
    for (String request : SECRETS) {
      secrets.put(request, Map.of("userID", credentials.user(), "userKey", credentials.key()));
    }
    return secrets;
  }
}
