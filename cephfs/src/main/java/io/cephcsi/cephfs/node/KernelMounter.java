package io.cephcsi.cephfs.node;

import io.cephcsi.ceph.MemoryFile;
import io.cephcsi.cephfs.ClassParameter;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.cluster.KernelMonitors;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Commands;
import io.cephcsi.csi.host.KernelVersion;
import io.cephcsi.csi.host.Mount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Mounts by the kernel's own client, with mount.ceph of ceph-common. */
final class KernelMounter implements Mounter {
  static final String NAME = "kernel";
  private static final String TYPE = "ceph";
  private static final Duration SHORT = Duration.ofSeconds(20);
  private static final Duration MOUNT = Duration.ofMinutes(2);

  private final Path procfs;
  private final Commands commands;
  private final NodeSettings settings;
  private final KernelVersion kernel;
  private volatile boolean usable;

  /**
   * @param procfs normally {@code /proc}
   */
  KernelMounter(Path procfs, Commands commands, NodeSettings settings) {
    this.procfs = procfs;
    this.commands = commands;
    this.settings = settings;
    this.kernel = KernelVersion.of(read(procfs.resolve("sys/kernel/osrelease")));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String trouble() {
    if (usable) {
      return "";
    }
    if (!settings.forceKernel() && !kernel.hasQuotas()) {
      return "its kernel %s has no CephFS quotas (4.17 has; --forcecephkernelclient takes it nevertheless)"
          .formatted(kernel.text());
    }
    if (!hasClient() && !loaded()) {
      return "its kernel has no ceph (modprobe ceph)";
    }
    if (!succeeds(List.of("mount.ceph"))) {
      return "mount.ceph is not installed (package ceph-common)";
    }
    usable = true;
    return "";
  }

  private boolean hasClient() {
    return read(procfs.resolve("filesystems")).lines().anyMatch(line -> line.endsWith("\tceph"));
  }

  private boolean loaded() {
    return succeeds(List.of("modprobe", TYPE)) && hasClient();
  }

  private boolean succeeds(List<String> command) {
    try {
      return commands.run(command, new byte[0], SHORT).exit() == 0;
    } catch (CommandFailed e) {
      return false;
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException("read " + file, e);
    }
  }

  @Override
  public List<String> options(StagePlan plan, ClusterConfig cluster) {
    String ofCluster = cluster.cephFs().kernelMountOptions();
    var options =
        new MountOptions()
            .with(plan.attribute(ClassParameter.KERNEL_MOUNT_OPTIONS))
            .with(ofCluster.isEmpty() ? settings.kernelMountOptions() : ofCluster);
    settings.crushLocation().options(cluster).forEach(options::with);
    options.with(plan.mountFlags());
    if (plan.readOnly()) {
      options.with("ro");
    }
    if (kernel.atLeast(5, 4)) {
      // A client that the cluster has evicted, a sleeping laptop's say, comes back by itself.
      options.withDefault("recover_session", "clean");
    }
    return options.with("_netdev").all();
  }

  @Override
  public void mount(MountRequest request) {
    var monitors = KernelMonitors.of(request.root().cluster().monitorList(), request.options());
    try (var key = MemoryFile.of(request.credentials().key())) {
      List<String> options = new ArrayList<>();
      options.add("name=" + request.credentials().user());
      options.add("secretfile=" + key.path());
      if (!request.root().fileSystem().isEmpty()) {
        // Newer kernels call it fs; all take this.
        options.add("mds_namespace=" + request.root().fileSystem());
      }
      options.addAll(monitors.options());
      options.addAll(request.options());
      var _ =
          commands.require(
              request.inNetNamespace(
                  List.of(
                      "mount",
                      "-t",
                      TYPE,
                      monitors.list() + ":" + request.root().directory(),
                      request.target().toString(),
                      "-o",
                      String.join(",", options))),
              MOUNT);
    } catch (CommandFailed e) {
      throw MountFailures.told(request, e);
    }
  }

  @Override
  public boolean made(Mount mount) {
    return mount.filesystem().equals(TYPE);
  }

  @Override
  public boolean showsOther(Mount mount, Path target, String directory) {
    String path = mount.source().substring(mount.source().indexOf(":/") + 1);
    return !Mounter.same(path, directory);
  }

  @Override
  public void finish(Path target) {
    // umount has waited for it
  }
}
