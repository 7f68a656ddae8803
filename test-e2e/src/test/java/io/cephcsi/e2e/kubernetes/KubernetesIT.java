package io.cephcsi.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.e2e.CephFsRemains;
import io.cephcsi.e2e.CephShell;
import io.cephcsi.e2e.CsiClient;
import io.cephcsi.e2e.Remains;
import io.cephcsi.e2e.ThrowawayCeph;
import io.cephcsi.e2e.charts.Chart;
import io.cephcsi.e2e.charts.Helm;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Claims, snapshots and attachments as people make them, on a real API server: the charts are
 * installed by helm, and the sidecars and the driver run as the pods of the charts say, with the
 * rights of the charts' accounts. No kubelet: what pods would mount is left to other tests.
 */
@Tag("kubernetes")
class KubernetesIT {
  private static final String NAMESPACE = "ceph-csi";
  private static final String NODE = "node-1";
  private static final String ZONE = "topology.kubernetes.io/zone";
  private static final long GIB = 1L << 30;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String LARGER =
      "{\"spec\":{\"resources\":{\"requests\":{\"storage\":\"2Gi\"}}}}";

  @TempDir static Path folder;
  private static ThrowawayCeph ceph;
  private static CephShell shell;
  private static ControlPlane plane;
  private static Kubectl kubectl;
  private static Remains rbd;
  private static CephFsRemains cephFs;
  private static final Map<Chart, Pod> provisioners = new EnumMap<>(Chart.class);
  private static final Map<Chart, Pod> nodePods = new EnumMap<>(Chart.class);

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed after all tests
  static void start() throws Exception {
    ceph = ThrowawayCeph.start();
    shell = new CephShell(ceph);
    rbd = new Remains(ceph, folder);
    cephFs = new CephFsRemains(ceph, folder);
    plane = ControlPlane.start(folder.resolve("plane"));
    kubectl = plane.kubectl();
    kubectl.apply(
        """
        apiVersion: v1
        kind: Node
        metadata:
          name: %s
          labels: {%s: zone-1}
          annotations: {volumes.kubernetes.io/controller-managed-attach-detach: "true"}
        """
            .formatted(NODE, ZONE));
    for (Chart chart : Chart.values()) {
      install(chart);
      provisioners.put(chart, pod(chart, "deployment", "provisioner"));
      nodePods.put(chart, pod(chart, "daemonset", "nodeplugin"));
    }
  }

  @MustBeClosed
  private static Pod pod(Chart chart, String kind, String component) throws Exception {
    return Pod.start(
        plane,
        folder.resolve("%s-%s".formatted(chart.driver(), component)),
        NODE,
        NAMESPACE,
        "%s/%s-%s-%s".formatted(kind, chart.driver(), chart.chartName(), component));
  }

  @AfterAll
  static void stop() {
    provisioners.values().forEach(Pod::close);
    nodePods.values().forEach(Pod::close);
    plane.close();
    rbd.close();
    ceph.close();
  }

  /** The rights that the charts give are enough, and nothing has ended that was to run. */
  @AfterEach
  void nobodyWasRefused() throws IOException {
    for (Chart chart : Chart.values()) {
      assertThat(provisioner(chart).restarts()).allMatch(KubernetesIT::lostItsDriver);
      assertThat(nodePod(chart).restarts()).isEmpty();
    }
    assertThat(plane.refusals(NAMESPACE)).isEmpty();
  }

  /** For which some sidecars end, at once or later, unless the driver is there again by then. */
  private static boolean lostItsDriver(String restart) {
    return restart.contains("Lost connection to CSI driver");
  }

  private static void install(Chart chart) throws Exception {
    Path values = Files.writeString(folder.resolve(chart.driver() + ".yaml"), values(chart));
    Helm.Outcome outcome =
        Helm.found()
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
    kubeletDir: %1$s
    csiConfig: [{clusterID: %2$s, monitors: [%3$s]}]
    provisioner:
      snapshotter: {args: {enableVolumeGroupSnapshots: true}}
      httpMetrics: {containerPort: %4$s}
    nodeplugin: {httpMetrics: {containerPort: %7$s}}
    readAffinity: {enabled: true, crushLocationLabels: [%8$s]}
    %9$s
    storageClass: {create: true, clusterID: %2$s, %5$s}
    volumeSnapshotClass: {create: true}
    volumeGroupSnapshotClass: {create: true}
    secret: {create: true, %6$s}
    """
        .formatted(
            folder.resolve("kubelet"),
            ceph.fsid(),
            ceph.monitors(),
            ControlPlane.freePort(),
            chart == Chart.RBD
                ? "pool: %s, mounter: userspace, fstype: xfs".formatted(ceph.pool())
                : "fsName: cephfs, mounter: fuse",
            chart == Chart.RBD ? rbdUser() : cephFsUser(),
            ControlPlane.freePort(),
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
    for (Pod pod : List.of(provisioner(chart), nodePod(chart))) {
      JsonNode probe = pod.spec("csi-%splugin".formatted(chart.driver())).path("livenessProbe");
      var uri =
          URI.create(
              "http://127.0.0.1:%s%s"
                  .formatted(
                      probe.at("/httpGet/port").asText(), probe.at("/httpGet/path").asText()));
      int unanswered = 0;
      while (status(uri) != 200) {
        assertThat(++unanswered).as("%s", uri).isLessThan(30);
        Thread.sleep(1000);
      }
    }
  }

  private static int status(URI uri) throws InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      return client
          .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding())
          .statusCode();
    } catch (IOException e) {
      return 0; // it does not listen yet
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
  void claimThatIsMadeLarger_isLargerWhereItIsMounted(Chart chart) throws Exception {
    claim(chart, "grows", "");
    JsonNode volume = volumeOf("grows");
    try (var client = new CsiClient(nodeSocket(chart))) {
      var kubelet = new Kubelet(kubectl, client, folder.resolve("kubelet"));
      kubelet.mount(volume);
      try {
        awaitSize(kubelet, volume, GIB);
        var _ = kubectl.run("patch", "pvc/grows", "--patch=" + LARGER);
        var _ =
            kubectl.await(
                found -> found.at("/spec/capacity/storage").asText().equals("2Gi"),
                "pv/" + volume.at("/metadata/name").asText());
        if (chart == Chart.RBD) {
          var _ = kubectl.await(KubernetesIT::waitsForTheNode, "pvc/grows");
          kubelet.grow(volume);
        } else { // nothing is left for the node to do
          var _ =
              kubectl.await(
                  found -> found.at("/status/capacity/storage").asText().equals("2Gi"),
                  "pvc/grows");
        }
        awaitSize(kubelet, volume, 2 * GIB);
      } finally {
        kubelet.unmount(volume);
      }
    }
    delete(chart, "pvc/grows");
  }

  /** Less what the filesystem takes for itself; a client of CephFS hears of a new quota later. */
  private static void awaitSize(Kubelet kubelet, JsonNode volume, long bytes)
      throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    long found = kubelet.size(volume);
    while (found < bytes * 9 / 10 || found > bytes) {
      assertThat(System.nanoTime()).as("%d bytes, not %d", found, bytes).isLessThan(end);
      Thread.sleep(200);
      found = kubelet.size(volume);
    }
  }

  private static boolean waitsForTheNode(JsonNode claim) {
    return claim.at("/status/conditions").toString().contains("FileSystemResizePending");
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
                    && StreamSupport.stream(found.path("items").spliterator(), false)
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
    kubectl.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: user, namespace: default}
        spec:
          nodeName: %s
          containers:
            - name: shell
              image: shell
              volumeMounts: [{name: data, mountPath: /data}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: used}}]
        """
            .formatted(NODE));
    if (chart == Chart.RBD) { // the other driver asks for no attachments
      JsonNode attachments =
          kubectl.await(
              found -> found.at("/items/0/status/attached").asBoolean(), "volumeattachments");
      assertThat(attachments.at("/items/0/spec/source/persistentVolumeName").asText())
          .isEqualTo(volume);
    }

    var _ = kubectl.run("delete", "--wait=false", "pvc/used");
    assertThat(kubectl.get("pvc/used").at("/metadata/deletionTimestamp").asText()).isNotEmpty();
    assertThat(stored(chart)).isNotEmpty();

    // As kubelet does when the pod has ended.
    var _ = kubectl.run("delete", "--force", "--grace-period=0", "pod/user");
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

  /** The scheduler's part is to name the node. */
  @Test
  void claimThatWaitsForAPod_isMadeInThePoolOfItsZone() throws Exception {
    try (var client = new CsiClient(nodeSocket(Chart.RBD))) {
      var kubelet = new Kubelet(kubectl, client, folder.resolve("kubelet"));
      assertThat(
              kubelet.register(NODE, "rbd.csi.ceph.com").getAccessibleTopology().getSegmentsMap())
          .containsExactly(Map.entry("topology.rbd.csi.ceph.com/zone", "zone-1"));
    }
    kubectl.apply(
        """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: zones}
        provisioner: rbd.csi.ceph.com
        volumeBindingMode: WaitForFirstConsumer
        parameters:
          clusterID: %s
          topologyConstrainedPools: |
            [{"poolName": "%s", "domainSegments": [{"domainLabel": "zone", "value": "zone-2"}]},
             {"poolName": "zone-1", "domainSegments": [{"domainLabel": "zone", "value": "zone-1"}]}]
          csi.storage.k8s.io/provisioner-secret-name: csi-rbd-secret
          csi.storage.k8s.io/provisioner-secret-namespace: %s
        """
            .formatted(ceph.fsid(), ceph.pool(), NAMESPACE));
    kubectl.apply(claimText("waits", "zones", "ReadWriteOnce", ""));
    var _ = kubectl.run("annotate", "pvc/waits", "volume.kubernetes.io/selected-node=" + NODE);
    awaitBound("waits");

    JsonNode volume = volumeOf("waits");
    assertThat(volume.at("/spec/nodeAffinity").toString())
        .contains("topology.rbd.csi.ceph.com/zone", "zone-1");
    assertThat(shell.run("rbd ls zone-1")).contains(uuid(volume));
    delete(Chart.RBD, "pvc/waits", "storageclass/zones");
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
    String plugin = "csi-%splugin".formatted(chart.driver());
    kubectl.apply(String.join("---\n", claims));
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (stored(chart).isEmpty()) {
      assertThat(System.nanoTime()).as("nothing is made").isLessThan(end);
      Thread.sleep(5);
    }
    provisioner(chart).kill(plugin);

    for (String name : names) {
      awaitBound(name);
    }
    awaitRestart(chart, plugin);
    List<String> made = stored(chart).stream().filter(KubernetesIT::isVolume).toList();
    assertThat(made).hasSameSizeAs(names);
    delete(chart, names.stream().map(name -> "pvc/" + name).toArray(String[]::new));
  }

  /** All claims may be bound before it is seen that the container has ended. */
  private static void awaitRestart(Chart chart, String container) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (provisioner(chart).restarts().stream()
        .noneMatch(restart -> restart.startsWith(container))) {
      assertThat(System.nanoTime()).as(container + " is not started again").isLessThan(end);
      Thread.sleep(100);
    }
  }

  private static Pod provisioner(Chart chart) {
    return Objects.requireNonNull(provisioners.get(chart));
  }

  private static Pod nodePod(Chart chart) {
    return Objects.requireNonNull(nodePods.get(chart));
  }

  private static Path nodeSocket(Chart chart) {
    return nodePod(chart).volume("socket-dir").resolve("csi.sock");
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
    return chart == Chart.RBD ? rbd.all() : cephFs.stored();
  }

  /** Deletes objects in this order, and waits until neither Kubernetes nor Ceph has any of it. */
  private static void delete(Chart chart, String... objects) throws Exception {
    for (String object : objects) {
      var _ = kubectl.run("delete", "--ignore-not-found", "--timeout=100s", object);
    }
    kubectl.awaitGone("pv");
    kubectl.awaitGone("volumesnapshotcontents");
    if (chart == Chart.RBD) {
      assertThat(rbd.awaitNothing(PATIENCE)).isEmpty();
    } else {
      assertThat(cephFs.stored()).isEmpty();
    }
  }
}
