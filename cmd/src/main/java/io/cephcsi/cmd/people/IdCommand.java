package io.cephcsi.cmd.people;

import io.cephcsi.rbd.VolumeHandle;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code cephcsi id}: what an id says, without asking a cluster. */
@Command(
    name = "id",
    header = "Read the ids of volumes and snapshots.",
    mixinStandardHelpOptions = true,
    footer = {"%nExamples:", IdCommand.EXAMPLE},
    subcommands = IdCommand.Decode.class)
final class IdCommand {
  static final String EXAMPLE =
      "  cephcsi id decode 0001-0009-rook-ceph-0000000000000002-"
          + "11111111-2222-4333-8444-555555555555";

  /** {@code cephcsi id decode}. */
  @Command(
      name = "decode",
      header = "Tell what an id says; asks no cluster.",
      mixinStandardHelpOptions = true,
      footer = {"%nExamples:", IdCommand.EXAMPLE})
  static final class Decode implements Asked {
    @Parameters(paramLabel = "ID", description = "The volumeHandle of a PV.")
    String id = "";

    @Mixin Format format = new Format();

    @Override
    public int answer(Screen screen) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("id", id);
      switch (handle()) {
        case VolumeHandle.Journaled(var it) -> {
          facts.put("made by", "a CSI driver");
          facts.put("cluster", it.clusterId());
          facts.put("pool or filesystem", it.location());
          facts.put("uuid", it.uuid());
          facts.put("journal object", "csi.volume.%1$s, csi.snap.%1$s".formatted(it.uuid()));
          facts.put("usual name", "csi-vol-%1$s, csi-snap-%1$s".formatted(it.uuid()));
        }
        case VolumeHandle.InTree it -> {
          facts.put("made by", "Kubernetes' in-tree driver");
          facts.put("cluster", it.clusterId());
          facts.put("pool", it.pool());
          facts.put("image", it.image());
        }
        case VolumeHandle.Static it -> {
          facts.put("made by", "an administrator");
          facts.put("cluster", it.clusterId());
          facts.put("pool", it.pool());
          facts.put("image", it.image());
        }
      }
      format.print(screen, facts);
      return People.FINE;
    }

    private VolumeHandle handle() {
      return VolumeHandle.of(id)
          .orElseThrow(() ->
              new WrongUsage(
                  "%s is no volume id: give one like 0001-<length>-<cluster>-<pool>-<uuid>, clusterID/pool/image or mig_…"
                      .formatted(id)));
    }
  }
}
