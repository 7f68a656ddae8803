package io.cephcsi.cephfs.node;

import io.cephcsi.ceph.MemoryFile;
import io.cephcsi.cephfs.ClassParameter;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Commands;
import io.cephcsi.csi.host.ControlGroup;
import io.cephcsi.csi.host.Mount;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Mounts by ceph-fuse, a process that lives as long as the mount does: also when the driver ends or
 * is killed, for it has a session of its own; and where the node's control groups can be written,
 * also when the driver's container does.
 */
final class FuseMounter implements Mounter {
  static final String NAME = "fuse";
  private static final System.Logger LOG = System.getLogger("cephcsi");
  private static final Duration SHORT = Duration.ofSeconds(20);
  private static final Duration MOUNT = Duration.ofMinutes(1);
  private static final Duration FINISH = Duration.ofSeconds(20);

  /** After that time, and not after five minutes, an unreachable cluster is given up. */
  private static final String MOUNT_TIMEOUT = "--client_mount_timeout=30";

  private final Path cephConf;
  private final Commands commands;
  private final MountProcesses processes;
  private final ControlGroup group;
  private final NodeSettings settings;
  private volatile boolean usable;

  /**
   * @param cephConf what ceph-fuse reads before its own flags
   * @param group for the processes
   */
  FuseMounter(Path cephConf, MountProcesses processes, ControlGroup group, NodeSettings settings) {
    this.cephConf = cephConf;
    this.commands = processes.commands();
    this.processes = processes;
    this.group = group;
    this.settings = settings;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String trouble() {
    if (!usable) {
      try {
        usable =
            commands.run(List.of(MountProcesses.FUSE, "--version"), new byte[0], SHORT).exit() == 0;
      } catch (CommandFailed e) {
        usable = false;
      }
    }
    return usable ? "" : "ceph-fuse is not installed (package ceph-fuse)";
  }

  @Override
  public List<String> options(StagePlan plan, ClusterConfig cluster) {
    String ofCluster = cluster.cephFs().fuseMountOptions();
    var options =
        new MountOptions()
            .with(plan.attribute(ClassParameter.FUSE_MOUNT_OPTIONS))
            .with(ofCluster.isEmpty() ? settings.fuseMountOptions() : ofCluster)
            .with(plan.mountFlags());
    return (plan.readOnly() ? options.with("ro") : options).all();
  }

  @Override
  public void mount(MountRequest request) {
    try (var key = MemoryFile.of(request.credentials().key())) {
      var _ = commands.require(request.inNetNamespace(command(request, key.path())), MOUNT);
    } catch (CommandFailed e) {
      throw MountFailures.told(request, e);
    }
    for (long pid : processes.fuse(request.target())) {
      var _ = group.adopt("ceph-fuse", pid);
    }
  }

  private List<String> command(MountRequest request, Path key) {
    Path conf = Files.isReadable(cephConf) ? cephConf : Path.of("/dev/null");
    List<String> command =
        new ArrayList<>(
            List.of(
                "setsid", // else a signal to the driver's process group would end it too
                MountProcesses.FUSE,
                request.target().toString(),
                "-m",
                request.root().cluster().monitorList(),
                "-c",
                conf.toString(),
                "-n",
                "client." + request.credentials().user(),
                "--keyfile=" + key,
                "-r",
                request.root().directory(),
                MOUNT_TIMEOUT));
    if (!request.options().isEmpty()) {
      command.addAll(List.of("-o", String.join(",", request.options())));
    }
    if (!request.root().fileSystem().isEmpty()) {
      command.add("--client_mds_namespace=" + request.root().fileSystem());
    }
    return command;
  }

  @Override
  public boolean made(Mount mount) {
    return mount.filesystem().equals("fuse.ceph-fuse");
  }

  @Override
  public boolean showsOther(Mount mount, Path target, String directory) {
    // Its name in the mount table is the program's, so that only the process tells.
    List<String> roots = processes.fuseRoots(target);
    return !roots.isEmpty() && roots.stream().noneMatch(root -> Mounter.same(root, directory));
  }

  @Override
  public void finish(Path target) {
    if (!processes.awaitEnd(target, Set.of(MountProcesses.FUSE), FINISH)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "ceph-fuse, unmounted from {0}, still writes or waits for the cluster",
          target);
    }
  }
}
