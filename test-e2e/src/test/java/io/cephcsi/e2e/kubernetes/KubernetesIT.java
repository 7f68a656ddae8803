package io.cephcsi.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.e2e.CephFsRemains;
import io.cephcsi.e2e.CephShell;
import io.cephcsi.e2e.ContainerSpec;
import io.cephcsi.e2e.ThrowawayCeph;
import io.cephcsi.e2e.charts.Chart;
import io.cephcsi.e2e.charts.Helm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Claims, snapshots, attachments and pods as people make them, on a real Kubernetes: the charts are
 * installed by helm, and kubelet runs their pods, from the driver's image and with the rights of
 * the charts' accounts.
 */
@Tag("kubernetes")
class KubernetesIT {
  private static final String NAMESPACE = "ceph-csi";
  private static final String ZONE = "topology.kubernetes.io/zone";
  private static final long GIB = 1L << 30;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir static Path folder;
  private static final Deque<AutoCloseable> running = new ArrayDeque<>();
  private static Node node;
  private static ThrowawayCeph ceph;
  private static CephShell shell;
  private static ControlPlane plane;
  private static Kubectl kubectl;
  private static CephFsRemains cephFs;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed after all tests
  static void start() throws Exception {
    node = Node.start(folder.resolve("node"));
    running.push(node);
    ceph = ThrowawayCeph.startBy(node.inNetwork(), "--address", node.address());
    running.push(ceph);
    shell = new CephShell(ceph);
    cephFs = new CephFsRemains(ceph, folder);
    plane = ControlPlane.start(node, folder.resolve("plane"));
    running.push(plane);
    kubectl = plane.kubectl();
    node.join(plane, Map.of(ZONE, "zone-1"));
    for (Chart chart : Chart.values()) {
      install(chart);
    }
    var _ = awaitRunning();
  }

  @AfterAll
  static void stop() throws Exception {
    for (AutoCloseable each : running) {
      each.close();
    }
  }

  /** The pods of both charts, of each component one. */
  private static List<JsonNode> awaitRunning() throws InterruptedException {
    for (Chart chart : Chart.values()) {
      kubectl.awaitDriver(Node.NAME, chart.driver() + ".csi.ceph.com");
    }
    return kubectl.awaitRunning(NAMESPACE, 2 * Chart.values().length);
  }

  /** The rights that the charts give are enough, and nothing has ended that was to run. */
  @AfterEach
  void nobodyWasRefused() throws Exception {
    // What a test that failed has left, so that the next one does not meet it.
    var _ = kubectl.run("delete", "--all", "--timeout=100s", "pods,volumesnapshots,pvc");
    for (JsonNode pod : awaitRunning()) {
      for (JsonNode container : pod.at("/status/containerStatuses")) {
        if (container.path("restartCount").asInt() > 0) {
          assertThat(container.path("name").asText() + ": " + lastWords(pod, container))
              .matches(KubernetesIT::mayEnd);
        }
      }
    }
    assertThat(plane.refusals(NAMESPACE)).isEmpty();
  }

  private static String lastWords(JsonNode pod, JsonNode container) throws InterruptedException {
    return "exit %d: %s"
        .formatted(
            container.at("/lastState/terminated/exitCode").asInt(),
            kubectl.run(
                "logs",
                "--previous",
                "--namespace=" + NAMESPACE,
                pod.at("/metadata/name").asText(),
                "--container=" + container.path("name").asText()));
  }

  /**
   * A driver that a test killed; and sidecars, which end when they lose their driver, or when it
   * does not answer them at once as it starts.
   */
  private static boolean mayEnd(String restart) {
    return restart.matches("(?s)csi-(rbd|cephfs)plugin: exit 137: .*")
        || restart.contains("Lost connection to CSI driver")
        || restart.contains("Failed to get the CSI driver name");
  }

  private static void install(Chart chart) throws Exception {
    Path values = Files.writeString(folder.resolve(chart.driver() + ".yaml"), values(chart));
    Helm.Outcome outcome =
        Helm.found()
            .by(node.inNetwork())
            .run(
                List.of(
                    "install",
                    chart.driver(),
                    chart.folder().toString(),
                    "--kubeconfig=" + plane.kubeconfig(),
                    "--namespace=" + NAMESPACE,
                    "--create-namespace",
                    "--set=" + Sidecars.values(chart),
                    "--values=" + values));
    assertThat(outcome.exit()).as(outcome.errors()).isZero();
  }

  private static String values(Chart chart) throws Exception {
    return """
    csiConfig: [{clusterID: %1$s, monitors: [%2$s]}]
    provisioner:
      replicaCount: 1
      snapshotter: {args: {enableVolumeGroupSnapshots: true}}
    readAffinity: {enabled: true, crushLocationLabels: [%5$s]}
    %6$s
    storageClass: {create: true, clusterID: %1$s, %3$s}
    volumeSnapshotClass: {create: true}
    volumeGroupSnapshotClass: {create: true}
    secret: {create: true, %4$s}
    """
        .formatted(
            ceph.fsid(),
            ceph.monitors(),
            chart == Chart.RBD
                ? "pool: %s, mounter: userspace, fstype: xfs".formatted(ceph.pool())
                : "fsName: cephfs, mounter: fuse",
            chart == Chart.RBD ? rbdUser() : cephFsUser(),
            ZONE,
            chart == Chart.RBD ? "topology: {domainLabels: [%s]}".formatted(ZONE) : "");
  }

  /** With the rights that the guide to caps gives. */
  private static String rbdUser() throws Exception {
    return "userID: csi-rbd, userKey: "
        + shell.run(
            """
            ceph osd pool create zone-1 8 >&2
            rbd pool init zone-1
            pools="profile rbd pool=$P, profile rbd pool=zone-1"
            ceph auth get-or-create-key client.csi-rbd mon 'profile rbd' osd "$pools" mgr "$pools"
            """);
  }

  /** As the example of a Secret says. */
  private static String cephFsUser() throws Exception {
    String key =
        shell.run(
            """
            ceph auth get-or-create-key client.csi-cephfs mon 'allow r fsname=cephfs' \
              mgr 'allow rw' mds 'allow rw fsname=cephfs path=/volumes' \
              osd 'allow rw tag cephfs *=cephfs'
            """);
    return "adminID: csi-cephfs, adminKey: %1$s, userID: csi-cephfs, userKey: %1$s".formatted(key);
  }

  /** What kubelet asks, and by which it would start the driver again. */
  @ParameterizedTest
  @EnumSource
  void probesOfTheDriver_areAnswered(Chart chart) throws Exception {
    for (String component : List.of("provisioner", "nodeplugin")) {
      JsonNode pod = pod(chart, component);
      JsonNode probe =
          ContainerSpec.named(pod.at("/spec/containers"), plugin(chart)).path("livenessProbe");
      assertThat(
              kubectl.run(
                  "get",
                  "--raw=/api/v1/namespaces/%s/pods/%s:%s/proxy%s"
                      .formatted(
                          NAMESPACE,
                          pod.at("/metadata/name").asText(),
                          probe.at("/httpGet/port").asText(),
                          probe.at("/httpGet/path").asText())))
          .isNotEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void claim_isBoundToWhatCephHas_andGoneWithIt(Chart chart) throws Exception {
    claim(chart, "simple", "");

    JsonNode volume = volumeOf("simple");
    assertThat(volume.at("/spec/csi/driver").asText()).isEqualTo(chart.driver() + ".csi.ceph.com");
    assertThat(volume.at("/spec/csi/nodeStageSecretRef/name").asText())
        .isEqualTo("csi-%s-secret".formatted(chart.driver()));
    assertThat(stored(chart))
        .anyMatch(line -> line.contains(uuid(volume)))
        .anyMatch(line -> line.contains(volume.at("/metadata/name").asText()));

    delete(chart, "pvc/simple");
  }

  @ParameterizedTest
  @EnumSource
  void podThatComesAgain_findsWhatItWrote_andSeesTheClaimGrow(Chart chart) throws Exception {
    claim(chart, "grows", "");
    startPod("grows");
    var _ = inPod("grows", "echo kept > /data/file");
    var _ = kubectl.run("delete", "pod/grows");
    assertThat(awaitNothingInUse(chart)).isEmpty();

    startPod("grows");
    assertThat(inPod("grows", "cat /data/file")).isEqualTo("kept");
    awaitSize("grows", GIB);
    var _ =
        kubectl.run(
            "patch",
            "pvc/grows",
            "--patch={\"spec\":{\"resources\":{\"requests\":{\"storage\":\"2Gi\"}}}}");
    awaitSize("grows", 2 * GIB);
    var _ =
        kubectl.await(
            found -> found.at("/status/capacity/storage").asText().equals("2Gi"), "pvc/grows");
    assertThat(inPod("grows", "cat /data/file")).isEqualTo("kept");

    delete(chart, "pod/grows", "pvc/grows");
  }

  /** Less what the filesystem takes for itself; a client of CephFS hears of a new quota later. */
  private static void awaitSize(String pod, long bytes) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    long found = size(pod);
    while (found < bytes * 9 / 10 || found > bytes) {
      assertThat(System.nanoTime()).as("%d bytes, not %d", found, bytes).isLessThan(end);
      Thread.sleep(200);
      found = size(pod);
    }
  }

  private static long size(String pod) throws InterruptedException {
    return Long.parseLong(inPod(pod, "df --block-size=1 --output=size /data | tail -n 1").strip());
  }

  /** As an upgrade of the driver does; what is mounted stays, and the new one takes it over. */
  @ParameterizedTest
  @EnumSource
  void podThatWrites_goesOn_whenTheDriverOnItsNodeIsExchanged(Chart chart) throws Exception {
    claim(chart, "stays", "");
    startPod("stays");
    var _ =
        inPod(
            "stays",
            "(while date >> /data/file && sync /data/file; do sleep .1; done) > /dev/null 2>&1 &");
    String before = pod(chart, "nodeplugin").at("/metadata/name").asText();
    var _ = kubectl.run("delete", "--namespace=" + NAMESPACE, "pod/" + before);
    var _ = awaitRunning();
    assertThat(pod(chart, "nodeplugin").at("/metadata/name").asText()).isNotEqualTo(before);

    int written = lines("stays");
    Thread.sleep(1000);
    assertThat(lines("stays")).isGreaterThan(written);
    var _ = kubectl.run("delete", "pod/stays");
    assertThat(awaitNothingInUse(chart)).isEmpty();
    startPod("stays");
    assertThat(lines("stays")).isGreaterThan(written);

    delete(chart, "pod/stays", "pvc/stays");
  }

  private static int lines(String pod) throws InterruptedException {
    return Integer.parseInt(inPod(pod, "wc -l < /data/file"));
  }

  @ParameterizedTest
  @EnumSource
  void snapshotAndCopies_areMade_andTheirSourceMayGoFirst(Chart chart) throws Exception {
    claim(chart, "source", "");
    kubectl.apply(
        """
        apiVersion: snapshot.storage.k8s.io/v1
        kind: VolumeSnapshot
        metadata: {name: snapshot, namespace: default}
        spec:
          volumeSnapshotClassName: csi-%splugin-snapclass
          source: {persistentVolumeClaimName: source}
        """
            .formatted(chart.driver()));
    JsonNode snapshot =
        kubectl.await(
            found -> found.at("/status/readyToUse").asBoolean(), "volumesnapshot/snapshot");
    assertThat(snapshot.at("/status/restoreSize").asText()).isEqualTo("1Gi");

    claim(
        chart,
        "restored",
        "dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: snapshot}");
    claim(chart, "cloned", "dataSource: {kind: PersistentVolumeClaim, name: source}");
    assertThat(uuid(volumeOf("restored"))).isNotEqualTo(uuid(volumeOf("cloned")));

    delete(chart, "pvc/source", "volumesnapshot/snapshot", "pvc/restored", "pvc/cloned");
  }

  /** Those of CephFS want Ceph 19. */
  @Test
  void groupOfClaims_isSnapshottedTogether() throws Exception {
    claim(Chart.RBD, "member-1", "");
    claim(Chart.RBD, "member-2", "");
    var _ = kubectl.run("label", "pvc/member-1", "pvc/member-2", "group=database");
    kubectl.apply(
        """
        apiVersion: groupsnapshot.storage.k8s.io/v1
        kind: VolumeGroupSnapshot
        metadata: {name: group, namespace: default}
        spec:
          volumeGroupSnapshotClassName: csi-rbdplugin-groupsnapclass
          source: {selector: {matchLabels: {group: database}}}
        """);
    var _ =
        kubectl.await(
            found -> found.at("/status/readyToUse").asBoolean(), "volumegroupsnapshot/group");
    JsonNode members =
        kubectl.await(
            found ->
                found.path("items").size() == 2
                    && Kubectl.stream(found.path("items"))
                        .allMatch(member -> member.at("/status/readyToUse").asBoolean()),
            "volumesnapshots");
    assertThat(members.at("/items/0/status/volumeGroupSnapshotName").asText()).isEqualTo("group");

    delete(Chart.RBD, "volumegroupsnapshot/group", "pvc/member-1", "pvc/member-2");
  }

  @ParameterizedTest
  @EnumSource
  void podOnANode_hasItsVolumeAttached_andKeepsTheClaim(Chart chart) throws Exception {
    claim(chart, "used", "");
    String volume = volumeOf("used").at("/metadata/name").asText();
    startPod("used");
    if (chart == Chart.RBD) { // the other driver asks for no attachments
      JsonNode attachments = kubectl.get("volumeattachments");
      assertThat(attachments.at("/items/0/status/attached").asBoolean()).isTrue();
      assertThat(attachments.at("/items/0/spec/source/persistentVolumeName").asText())
          .isEqualTo(volume);
    }

    var _ = kubectl.run("delete", "--wait=false", "pvc/used");
    assertThat(kubectl.get("pvc/used").at("/metadata/deletionTimestamp").asText()).isNotEmpty();
    assertThat(stored(chart)).isNotEmpty();

    var _ = kubectl.run("delete", "pod/used");
    kubectl.awaitGone("volumeattachments");
    delete(chart, "pvc/used");
  }

  @Test
  void classWithABadParameter_tellsOfItInAnEventOfTheClaim() throws Exception {
    kubectl.apply(
        """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: bad}
        provisioner: rbd.csi.ceph.com
        parameters:
          clusterID: %s
          pool: %s
          imageFeatures: layering,layers
          csi.storage.k8s.io/provisioner-secret-name: csi-rbd-secret
          csi.storage.k8s.io/provisioner-secret-namespace: %s
        """
            .formatted(ceph.fsid(), ceph.pool(), NAMESPACE));
    kubectl.apply(claimText("refused", "bad", "ReadWriteOnce", ""));
    JsonNode events =
        kubectl.await(
            found -> !found.path("items").isEmpty(),
            "events",
            "--field-selector=involvedObject.name=refused,reason=ProvisioningFailed");

    assertThat(events.at("/items/0/message").asText())
        .contains("InvalidArgument")
        .contains("imageFeatures")
        .contains("layers");
    delete(Chart.RBD, "pvc/refused", "storageclass/bad");
  }

  @Test
  void claimThatWaitsForAPod_isMadeInThePoolOfItsZone() throws Exception {
    assertThat(kubectl.get("node/" + Node.NAME).at("/metadata/labels").toString())
        .contains("\"topology.rbd.csi.ceph.com/zone\":\"zone-1\"");
    kubectl.apply(
        """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: zones}
        provisioner: rbd.csi.ceph.com
        volumeBindingMode: WaitForFirstConsumer
        parameters:
          clusterID: %s
          mounter: userspace
          topologyConstrainedPools: |
            [{"poolName": "%s", "domainSegments": [{"domainLabel": "zone", "value": "zone-2"}]},
             {"poolName": "zone-1", "domainSegments": [{"domainLabel": "zone", "value": "zone-1"}]}]
          csi.storage.k8s.io/provisioner-secret-name: csi-rbd-secret
          csi.storage.k8s.io/provisioner-secret-namespace: %3$s
          csi.storage.k8s.io/node-stage-secret-name: csi-rbd-secret
          csi.storage.k8s.io/node-stage-secret-namespace: %3$s
        """
            .formatted(ceph.fsid(), ceph.pool(), NAMESPACE));
    kubectl.apply(claimText("waits", "zones", "ReadWriteOnce", ""));
    startPod("waits");

    JsonNode volume = volumeOf("waits");
    assertThat(volume.at("/spec/nodeAffinity").toString())
        .contains("topology.rbd.csi.ceph.com/zone", "zone-1");
    assertThat(shell.run("rbd ls zone-1")).contains(uuid(volume));
    delete(Chart.RBD, "pod/waits", "pvc/waits", "storageclass/zones");
  }

  @ParameterizedTest
  @EnumSource
  void driverThatIsKilledWhileItMakesVolumes_leavesEachClaimWithOne(Chart chart) throws Exception {
    List<String> names =
        IntStream.range(0, 6).mapToObj(i -> "crash-%s-%d".formatted(chart.driver(), i)).toList();
    List<String> claims = new ArrayList<>();
    for (String name : names) {
      claims.add(claimText(name, className(chart), accessMode(chart), ""));
    }
    kubectl.apply(String.join("---\n", claims));
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (stored(chart).isEmpty()) {
      assertThat(System.nanoTime()).as("nothing is made").isLessThan(end);
      Thread.sleep(5);
    }
    JsonNode killed = container(chart);
    // As a crash does: with the signal that nobody can handle.
    var _ =
        node.run(
            "ctr",
            "--namespace=k8s.io",
            "tasks",
            "kill",
            "--signal=SIGKILL",
            killed.path("containerID").asText().replace("containerd://", ""));

    for (String name : names) {
      awaitBound(name);
    }
    awaitRestart(chart, killed.path("restartCount").asInt());
    List<String> made = stored(chart).stream().filter(KubernetesIT::isVolume).toList();
    assertThat(made).hasSameSizeAs(names);
    delete(chart, names.stream().map(name -> "pvc/" + name).toArray(String[]::new));
  }

  /** All claims may be bound before it is seen that the container has ended. */
  private static void awaitRestart(Chart chart, int restarts) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (container(chart).path("restartCount").asInt() == restarts) {
      assertThat(System.nanoTime()).as("the driver is not started again").isLessThan(end);
      Thread.sleep(100);
    }
  }

  /** What kubelet says of the provisioner's driver. */
  private static JsonNode container(Chart chart) throws InterruptedException {
    return ContainerSpec.named(
        pod(chart, "provisioner").at("/status/containerStatuses"), plugin(chart));
  }

  private static String plugin(Chart chart) {
    return "csi-%splugin".formatted(chart.driver());
  }

  /** The one pod of a component of a chart. */
  private static JsonNode pod(Chart chart, String component) throws InterruptedException {
    JsonNode pods =
        kubectl.get(
            "pods",
            "--namespace=" + NAMESPACE,
            "--selector=app=%s,component=%s".formatted(chart.chartName(), component));
    assertThat(pods.path("items")).hasSize(1);
    return pods.at("/items/0");
  }

  /** Starts a pod that has the claim of its name at {@code /data}, and waits until it runs. */
  private static void startPod(String name) throws InterruptedException {
    kubectl.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %1$s, namespace: default}
        spec:
          containers:
            - name: shell
              image: %2$s
              volumeMounts: [{name: data, mountPath: /data}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: %1$s}}]
        """
            .formatted(name, Node.WEB));
    var _ = kubectl.await(Kubectl::ready, "pod/" + name);
  }

  private static String inPod(String name, String script) throws InterruptedException {
    return kubectl.run("exec", name, "--", "sh", "-c", script);
  }

  /** Waits until nothing of the driver's is mounted on the node; gives back what still is. */
  private static List<String> awaitNothingInUse(Chart chart) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    List<String> left = node.inUse(chart);
    while (!left.isEmpty() && System.nanoTime() < end) {
      Thread.sleep(200);
      left = node.inUse(chart);
    }
    return left;
  }

  private static boolean isVolume(String line) {
    return line.startsWith("image ") || line.startsWith("subvolume ");
  }

  private static void claim(Chart chart, String name, String more) throws Exception {
    kubectl.apply(claimText(name, className(chart), accessMode(chart), more));
    awaitBound(name);
  }

  private static void awaitBound(String name) throws InterruptedException {
    var _ =
        kubectl.await(found -> found.at("/status/phase").asText().equals("Bound"), "pvc/" + name);
  }

  private static String claimText(String name, String className, String accessMode, String more) {
    return """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: %s, namespace: default}
    spec:
      storageClassName: %s
      accessModes: [%s]
      resources: {requests: {storage: 1Gi}}
      %s
    """
        .formatted(name, className, accessMode, more);
  }

  private static String className(Chart chart) {
    return "csi-%s-sc".formatted(chart.driver());
  }

  private static String accessMode(Chart chart) {
    return chart == Chart.RBD ? "ReadWriteOnce" : "ReadWriteMany";
  }

  private static JsonNode volumeOf(String claim) throws InterruptedException {
    return kubectl.get("pv/" + kubectl.get("pvc/" + claim).at("/spec/volumeName").asText());
  }

  /** By which the image or subvolume of a volume is named. */
  private static String uuid(JsonNode volume) {
    String handle = volume.at("/spec/csi/volumeHandle").asText();
    return handle.substring(handle.length() - 36);
  }

  private static List<String> stored(Chart chart) throws Exception {
    return chart == Chart.RBD ? storedInPools() : cephFs.stored();
  }

  /** Images, groups, trash and journal. */
  private static List<String> storedInPools() throws Exception {
    return shell
        .run(
            """
            for pool in $P zone-1; do
              rbd ls $pool | sed 's/^/image /'
              rbd group ls $pool | sed 's/^/group /'
              rbd trash ls --all $pool | sed 's/^/trash /'
              for kind in volumes snaps groups; do
                rados -p $pool listomapkeys csi.$kind.default 2>/dev/null || true
              done
            done
            """)
        .lines()
        .toList();
  }

  /** Deletes objects in this order, and waits until neither Kubernetes nor Ceph has any of it. */
  private static void delete(Chart chart, String... objects) throws Exception {
    for (String object : objects) {
      var _ = kubectl.run("delete", "--ignore-not-found", "--timeout=100s", object);
    }
    kubectl.awaitGone("pv");
    kubectl.awaitGone("volumesnapshotcontents");
    assertThat(awaitNothingInUse(chart)).isEmpty();
    assertThat(awaitNothingStored(chart)).isEmpty();
  }

  /** Purges go on by themselves; gives back what is still there. */
  private static List<String> awaitNothingStored(Chart chart) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    List<String> left = stored(chart);
    while (!left.isEmpty() && System.nanoTime() < end) {
      Thread.sleep(200);
      left = stored(chart);
    }
    return left;
  }
}
