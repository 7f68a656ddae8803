package io.cephcsi.cmd.people;

import io.cephcsi.ceph.Feature;
import io.cephcsi.csi.host.KernelVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Whether this node has what the driver calls there. Nothing is loaded, nothing is run. */
final class NodeChecks {
  /** What librbd makes of images whose class names no imageFeatures. */
  private static final List<Feature> USUAL =
      List.of(
          Feature.LAYERING,
          Feature.EXCLUSIVE_LOCK,
          Feature.OBJECT_MAP,
          Feature.FAST_DIFF,
          Feature.DEEP_FLATTEN);

  /** Since which kernel images with the feature can be mapped. */
  private static final Map<Feature, int[]> SINCE =
      new EnumMap<>(
          Map.of(
              Feature.LAYERING, new int[] {3, 10},
              Feature.EXCLUSIVE_LOCK, new int[] {4, 9},
              Feature.DEEP_FLATTEN, new int[] {5, 1},
              Feature.OBJECT_MAP, new int[] {5, 3},
              Feature.FAST_DIFF, new int[] {5, 3}));

  /** Programs that every node runs, by Debian's package. */
  private static final Map<String, List<String>> PROGRAMS =
      Map.of(
          "e2fsprogs", List.of("mkfs.ext4", "resize2fs", "fsck.ext4"),
          "xfsprogs", List.of("mkfs.xfs", "xfs_growfs"),
          "util-linux, mount", List.of("mount", "umount", "blkid", "losetup"));

  private final Path root;
  private final List<Path> folders;
  private final KernelVersion kernel;

  /**
   * @param root normally {@code /}
   * @param path where programs are looked for, as {@code $PATH} has it
   */
  NodeChecks(Path root, String path) {
    this.root = root;
    this.folders = Stream.of(path.split(":", -1)).filter(f -> !f.isEmpty()).map(Path::of).toList();
    this.kernel = KernelVersion.of(read("proc/sys/kernel/osrelease"));
  }

  /** What the RBD driver wants: one of three ways to map an image. */
  List<Check> ofRbd() {
    List<Way> ways =
        List.of(
            new Way("mounter rbd", kernelRbd(), "modprobe rbd, or a kernel with it"),
            new Way(
                "mounter rbd-nbd",
                first(List.of(noModule("nbd", nbdLoaded()), noProgram("rbd-nbd"))),
                "modprobe nbd, and install the package rbd-nbd"),
            new Way(
                "mounter userspace",
                first(List.of(noFuse(), noProgram("qemu-storage-daemon"), noProgram("losetup"))),
                "modprobe fuse loop, and install qemu-storage-daemon with its rbd driver"));
    List<Check> checks = new ArrayList<>(ofWays("RBD", ways));
    if (kernelRbd().isEmpty()) {
      checks.add(features());
    }
    PROGRAMS.keySet().stream().sorted().forEach(p -> checks.add(programs(p)));
    return checks;
  }

  /** What the CephFS driver wants: one of two ways to mount. */
  List<Check> ofCephFs() {
    List<Way> ways =
        List.of(
            new Way(
                "mounter kernel",
                first(
                    List.of(
                        oldForQuotas(), noModule("ceph", cephLoaded()), noProgram("mount.ceph"))),
                "modprobe ceph in a kernel of 4.17 or newer, and install the package ceph-common"),
            new Way(
                "mounter fuse",
                first(List.of(noFuse(), noProgram("ceph-fuse"))),
                "modprobe fuse, and install the package ceph-fuse"));
    List<Check> checks = new ArrayList<>(ofWays("CephFS", ways));
    Optional<String> getfattr = noProgram("getfattr");
    checks.add(
        getfattr.isEmpty()
            ? Check.ok("getfattr", "is there")
            : Check.note(
                "getfattr",
                getfattr.get() + ": no inodes in statistics, no health of mounts",
                "install the package attr"));
    return checks;
  }

  /**
   * A way to get at data.
   *
   * @param trouble why it cannot be gone; empty when it can
   */
  private record Way(String name, Optional<String> trouble, String remedy) {}

  /** One is enough; so what the others lack is worth a note. */
  private List<Check> ofWays(String what, List<Way> ways) {
    boolean any = ways.stream().anyMatch(way -> way.trouble().isEmpty());
    List<Check> checks = new ArrayList<>();
    checks.add(Check.ok("kernel", kernel.text()));
    for (Way way : ways) {
      String why = way.trouble().orElse("");
      if (why.isEmpty()) {
        checks.add(Check.ok(way.name(), "can be used"));
      } else if (any) {
        checks.add(Check.note(way.name(), why, way.remedy() + "; or use another mounter"));
      } else {
        checks.add(
            Check.problem(
                way.name(), why + "; this node has no other way to " + what, way.remedy()));
      }
    }
    return checks;
  }

  private Optional<String> kernelRbd() {
    return noModule("rbd", Files.isDirectory(root.resolve("sys/bus/rbd")));
  }

  private Check features() {
    List<String> missing = USUAL.stream().filter(f -> !kernelHas(f)).map(Feature::text).toList();
    String kept =
        String.join(",", USUAL.stream().filter(this::kernelHas).map(Feature::text).toList());
    return missing.isEmpty()
        ? Check.ok("image features", "the kernel maps images with librbd's usual features")
        : Check.note(
            "image features",
            "the kernel does not map images with " + String.join(", ", missing),
            "imageFeatures: %s in the class, a newer kernel, or mounter: userspace"
                .formatted(kept));
  }

  /** As the kernel tells it, where it is loaded and of 4.11 or newer; else by its version. */
  private boolean kernelHas(Feature feature) {
    String told = read("sys/bus/rbd/supported_features");
    if (!told.isEmpty()) {
      return feature.in(Long.decode(told));
    }
    int[] since = SINCE.getOrDefault(feature, new int[] {Integer.MAX_VALUE, 0});
    return kernel.atLeast(since[0], since[1]);
  }

  private Check programs(String packages) {
    List<String> missing =
        PROGRAMS.getOrDefault(packages, List.of()).stream()
            .filter(program -> noProgram(program).isPresent())
            .toList();
    return missing.isEmpty()
        ? Check.ok(packages, "all programs are there")
        : Check.problem(
            packages, "missing: " + String.join(", ", missing), "install the package " + packages);
  }

  private Optional<String> oldForQuotas() {
    return kernel.hasQuotas()
        ? Optional.empty()
        : Optional.of("kernel %s has no CephFS quotas".formatted(kernel.text()));
  }

  private boolean nbdLoaded() {
    return Files.isDirectory(root.resolve("sys/module/nbd"))
        || Files.isDirectory(root.resolve("sys/block/nbd0"));
  }

  private boolean cephLoaded() {
    return read("proc/filesystems").lines().anyMatch(line -> line.endsWith("\tceph"));
  }

  private Optional<String> noFuse() {
    return Files.exists(root.resolve("dev/fuse"))
        ? Optional.empty()
        : Optional.of("there is no /dev/fuse");
  }

  /** The driver loads what can be loaded. */
  private Optional<String> noModule(String module, boolean loaded) {
    if (loaded) {
      return Optional.empty();
    }
    String folder = "lib/modules/" + kernel.text();
    String file = "/" + module + ".ko";
    boolean known =
        Stream.of("modules.dep", "modules.builtin")
            .anyMatch(list -> read(folder + "/" + list).contains(file));
    return known ? Optional.empty() : Optional.of("the kernel has no module " + module);
  }

  private Optional<String> noProgram(String name) {
    return folders.stream().anyMatch(folder -> Files.isExecutable(folder.resolve(name)))
        ? Optional.empty()
        : Optional.of(name + " is not installed");
  }

  private static Optional<String> first(List<Optional<String>> troubles) {
    return troubles.stream().flatMap(Optional::stream).findFirst();
  }

  /** Empty where it cannot be read. */
  private String read(String file) {
    try {
      return Files.readString(root.resolve(file)).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
