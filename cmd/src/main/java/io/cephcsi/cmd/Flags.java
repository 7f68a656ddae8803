package io.cephcsi.cmd;

import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * All flags, with ceph-csi's names and defaults, and a few of our own at the end. A flag that a
 * type has no use for is taken and has no effect, so that command lines carry over.
 */
@Command(
    name = "cephcsi",
    header = "The CSI driver for Ceph: RBD images and CephFS subvolumes as Kubernetes volumes.",
    synopsisHeading = "%nUsage: ",
    description = "%nFlags take one dash or two; a boolean is --flag or --flag=false.%n",
    footer = {
      "%nExamples:",
      "  cephcsi --type=rbd --nodeid=node1 --controllerserver \\",
      "      --endpoint=unix:///csi/csi-provisioner.sock --drivername=rbd.csi.ceph.com",
      "  cephcsi --type=rbd --nodeid=node1 --nodeserver --endpoint=unix:///csi/csi.sock",
      "  cephcsi --type=cephfs --nodeid=node1 --controllerserver --endpoint=unix:///csi/csi.sock",
      "  cephcsi --type=liveness --endpoint=unix:///csi/csi.sock --metricsport=8680",
      "",
      "Commands for people: volumes, id, doctor, preflight, support-bundle, completion;",
      "see cephcsi help.",
      "",
      "Exit codes: 0 stopped by a signal, 1 could not start, 2 wrong flags."
    },
    sortOptions = false)
final class Flags {
  @Option(names = "--type", paramLabel = "TYPE", description = "rbd, cephfs or liveness; required.")
  String type = "";

  @Option(
      names = "--endpoint",
      paramLabel = "URL",
      description = "Where to listen: unix:///path or tcp://host:port (${DEFAULT-VALUE}).")
  String endpoint = "unix:///tmp/csi.sock";

  @Option(
      names = "--drivername",
      paramLabel = "NAME",
      description = "The CSIDriver's name (rbd.csi.ceph.com for rbd, and so on).")
  String driverName = "";

  @Option(
      names = "--nodeid",
      paramLabel = "NAME",
      description = "This node's name in Kubernetes; required.")
  String nodeId = "";

  @Option(
      names = "--controllerserver",
      description =
          "Serve the Controller service; cephfs without this and --nodeserver serves both.",
      arity = "1",
      converter = GoBool.class)
  boolean controllerServer;

  @Option(
      names = "--nodeserver",
      description = "Serve the Node service.",
      arity = "1",
      converter = GoBool.class)
  boolean nodeServer;

  @Option(
      names = "--instanceid",
      paramLabel = "ID",
      description = "Keeps the journals of several drivers in one pool apart (${DEFAULT-VALUE}).")
  String instanceId = "default";

  @Option(
      names = "--clustername",
      paramLabel = "NAME",
      description = "Kubernetes cluster's name, set as metadata of images and subvolumes.")
  String clusterName = "";

  @Option(
      names = "--setmetadata",
      description = "Set the names of claim and volume as metadata of images and subvolumes.",
      arity = "1",
      converter = GoBool.class)
  boolean setMetadata;

  @Option(
      names = "--pluginpath",
      paramLabel = "DIR",
      description = "Kubelet's plugin directory (${DEFAULT-VALUE}).")
  Path pluginPath = Path.of("/var/lib/kubelet/plugins");

  @Option(
      names = "--stagingpath",
      paramLabel = "DIR",
      description = "Where kubelet stages volumes (${DEFAULT-VALUE}).")
  Path stagingPath = Path.of("/var/lib/kubelet/plugins/kubernetes.io/csi/");

  @Option(
      names = "--v",
      paramLabel = "LEVEL",
      description =
          "How much to log: 0 to 3 calls, 4 also details, 5 also requests and answers without"
              + " their secrets (${DEFAULT-VALUE}).")
  int verbosity;

  @Option(
      names = "--version",
      description = "Print the versions and exit.",
      arity = "1",
      converter = GoBool.class)
  boolean version;

  @Option(names = "--pidlimit", hidden = true)
  long pidLimit;

  @Option(
      names = "--domainlabels",
      paramLabel = "LABEL,...",
      description =
          "Labels of the node in Kubernetes that tell where it is, for classes with"
              + " topologyConstrainedPools: topology.kubernetes.io/zone,...")
  String domainLabels = "";

  @Option(
      names = "--enable-read-affinity",
      description =
          "Let kernel clients read from near OSDs, unless config.json says otherwise of a cluster.",
      arity = "1",
      converter = GoBool.class)
  boolean enableReadAffinity;

  @Option(
      names = "--crush-location-labels",
      paramLabel = "LABEL,...",
      description =
          "Labels of the node that tell where it is in the CRUSH map, for clusters whose"
              + " readAffinity in config.json names none.")
  String crushLocationLabels = "";

  @Option(
      names = "--forcecephkernelclient",
      description = "CephFS: use the kernel's client also where it has no quotas (before 4.17).",
      arity = "1",
      converter = GoBool.class)
  boolean forceCephKernelClient;

  @Option(
      names = "--kernelmountoptions",
      paramLabel = "OPTIONS",
      description =
          "CephFS: mount options of the kernel's client, for clusters whose config.json has none.")
  String kernelMountOptions = "";

  @Option(
      names = "--fusemountoptions",
      paramLabel = "OPTIONS",
      description = "CephFS: as --kernelmountoptions, of ceph-fuse.")
  String fuseMountOptions = "";

  @Option(names = "--radosnamespacecephfs", hidden = true)
  String radosNamespaceCephFs = "";

  @Option(
      names = "--metricsport",
      paramLabel = "PORT",
      description =
          "Where liveness can be scraped, at the address in POD_IP or all (${DEFAULT-VALUE}).")
  int metricsPort = 8080;

  @Option(
      names = "--metricspath",
      paramLabel = "PATH",
      description = "The path of all metrics (${DEFAULT-VALUE}).")
  String metricsPath = "/metrics";

  @Option(
      names = "--polltime",
      paramLabel = "TIME",
      converter = GoDuration.class,
      description = "How often liveness asks the driver (${DEFAULT-VALUE}).")
  Duration pollTime = Duration.ofSeconds(60);

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = GoDuration.class,
      description = "How long liveness waits for the driver's answer (${DEFAULT-VALUE}).")
  Duration timeout = Duration.ofSeconds(3);

  @Option(
      names = "--logslowopinterval",
      paramLabel = "TIME",
      converter = GoDuration.class,
      description =
          "A running call is logged each time that this has passed; 0 for never"
              + " (${DEFAULT-VALUE}).")
  Duration logSlowOpInterval = Duration.ofSeconds(30);

  @Option(
      names = "--rbdhardmaxclonedepth",
      paramLabel = "N",
      description =
          "No image gets this many ancestors: what it is copied from is flattened first"
              + " (${DEFAULT-VALUE}).")
  int hardMaxCloneDepth = 8;

  @Option(
      names = "--rbdsoftmaxclonedepth",
      paramLabel = "N",
      description =
          "From this many ancestors on, images are flattened in the background (${DEFAULT-VALUE}).")
  int softMaxCloneDepth = 4;

  @Option(
      names = "--maxsnapshotsonimage",
      paramLabel = "N",
      description =
          "A volume with more snapshots and clones gets no more until some are flattened"
              + " (${DEFAULT-VALUE}).")
  int maxSnapshotsOnImage = 450;

  @Option(
      names = "--minsnapshotsonimage",
      paramLabel = "N",
      description =
          "With more, the clones of the oldest are flattened in the background (${DEFAULT-VALUE}).")
  int minSnapshotsOnImage = 250;

  @Option(names = "--skipforceflatten", arity = "1", converter = GoBool.class, hidden = true)
  boolean skipForceFlatten;

  @Option(names = "--enableprofiling", arity = "1", converter = GoBool.class, hidden = true)
  boolean enableProfiling;

  @Option(names = "--drivernamespace", hidden = true)
  String driverNamespace = "default";

  @Option(names = "--csi-addons-endpoint", hidden = true)
  String csiAddonsEndpoint = "unix:///tmp/csi-addons.sock";

  @Option(
      names = {
        "--vmodule",
        "--stderrthreshold",
        "--log_dir",
        "--log_file",
        "--log_file_max_size",
        "--log_backtrace_at"
      },
      hidden = true)
  String ignoredKlogText = "";

  @Option(
      names = {
        "--logtostderr",
        "--alsologtostderr",
        "--add_dir_header",
        "--skip_headers",
        "--skip_log_headers",
        "--one_output"
      },
      arity = "1",
      converter = GoBool.class,
      hidden = true)
  boolean ignoredKlogBoolean;

  @Option(
      names = "--default-fstype",
      paramLabel = "FS",
      description = "Filesystem of volumes asked for without one: ext4 or xfs (${DEFAULT-VALUE}).")
  String defaultFilesystem = "ext4";

  @Option(
      names = "--default-mounter",
      paramLabel = "NAME",
      description =
          "How volumes whose class names no mounter are mapped: rbd (the kernel's), rbd-nbd or userspace"
              + " (qemu-storage-daemon, for kernels without rbd) (${DEFAULT-VALUE}).")
  String defaultMounter = "rbd";

  @Option(
      names = "--cluster-config",
      paramLabel = "FILE",
      description =
          "The clusters' config.json (${DEFAULT-VALUE}); cluster-mapping.json is looked for beside"
              + " it.")
  Path clusterConfig = Path.of("/etc/ceph-csi-config/config.json");

  @Option(
      names = "--ceph-conf",
      paramLabel = "FILE",
      description = "Read by librados before anything else, if it is there (${DEFAULT-VALUE}).")
  Path cephConf = Path.of("/etc/ceph/ceph.conf");

  @Option(
      names = "--keyring",
      paramLabel = "FILE",
      description =
          "The user for calls that CSI gives no secrets, such as ListVolumes, until a call with"
              + " secrets was seen (${DEFAULT-VALUE}).")
  Path keyring = Path.of("/etc/ceph/keyring");

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description =
          "Where the userspace mapper keeps its sockets, and in a container a folder of the node's,"
              + " so that the next one finds them (${DEFAULT-VALUE}).")
  Path stateDirectory = Path.of("/run/cephcsi");

  @Option(
      names = "--topology",
      paramLabel = "LABEL=VALUE,...",
      description =
          "The labels that tell where this node is, in place of those in Kubernetes:"
              + " region=r1,zone=z2.")
  String topology = "";

  @Option(
      names = "--mount-records",
      paramLabel = "DIR",
      description =
          "CephFS: where ceph-csi keeps records of ceph-fuse mounts, written and read if the folder"
              + " is there; never with secrets (${DEFAULT-VALUE}).")
  Path mountRecords = Path.of("/csi/mountinfo");

  @Option(
      names = "--fencing",
      description =
          "Fence the client of a lost node when a volume is detached from it, before another node"
              + " gets the volume; for controller and nodes alike. Each volume is then mapped by a"
              + " client of its own (krbd's noshare), and staged volumes count from their next"
              + " staging on. The CSIDriver needs attachRequired, the user the caps of profile rbd.",
      arity = "1",
      converter = GoBool.class)
  boolean fencing;

  @Option(
      names = "--driver-metrics-port",
      paramLabel = "PORT",
      description =
          "Where the driver's own metrics can be scraped, at the address in POD_IP or all; 0 for"
              + " nowhere (${DEFAULT-VALUE}).")
  int driverMetricsPort;

  @Option(
      names = "--metrics-tls-cert",
      paramLabel = "FILE",
      description = "Certificate in PEM form for metrics over HTTPS; read again when it changes.")
  String metricsTlsCertificate = "";

  @Option(
      names = "--metrics-tls-key",
      paramLabel = "FILE",
      description = "Private key of that certificate, in PEM form.")
  String metricsTlsKey = "";

  @Option(
      names = "--log-format",
      paramLabel = "FORMAT",
      description = "text, in klog's form, or json (${DEFAULT-VALUE}).")
  String logFormat = "text";

  @Option(
      names = "--log-level-file",
      paramLabel = "FILE",
      description =
          "How much to log while the driver runs: a number as for --v, which counts in its place"
              + " as long as the file is there; looked at every ten seconds (${DEFAULT-VALUE}).")
  Path logLevelFile = Path.of("/etc/ceph-csi-config/log-level");

  @Option(
      names = "--stop-grace",
      paramLabel = "TIME",
      converter = GoDuration.class,
      description = "How long running calls may take when told to stop (${DEFAULT-VALUE}).")
  Duration stopGrace = Duration.ofSeconds(20);

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this help and exit.")
  boolean help;

  /** Which clusters mirror which. */
  Path clusterMapping() {
    return clusterConfig.resolveSibling("cluster-mapping.json");
  }
}
