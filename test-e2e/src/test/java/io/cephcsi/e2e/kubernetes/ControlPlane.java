package io.cephcsi.e2e.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.e2e.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Kubernetes without its nodes: etcd, the API server with its access control, its scheduler and
 * controllers, and the controller of snapshots. It is in the network of the one {@link Node}.
 */
final class ControlPlane implements AutoCloseable {
  private static final Duration START = Duration.ofMinutes(2);
  private static final JsonMapper JSON = new JsonMapper();

  private final Node node;
  private final Path folder;
  private final String token = UUID.randomUUID().toString();
  private final Deque<ProgramRun> runs = new ArrayDeque<>();
  private final Kubectl kubectl;

  private ControlPlane(Node node, Path folder) {
    this.node = node;
    this.folder = folder;
    this.kubectl = new Kubectl(folder.resolve("kubeconfig"), node.inNetwork());
  }

  /**
   * Starts all of it, and waits until it is ready.
   *
   * @param folder for its data and logs
   */
  @MustBeClosed
  static ControlPlane start(Node node, Path folder) throws IOException, InterruptedException {
    var plane = new ControlPlane(node, Files.createDirectories(folder));
    try {
      plane.startAll();
      return plane;
    } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
      plane.close();
      throw e;
    }
  }

  private void startAll() throws IOException, InterruptedException {
    writeKeys();
    Files.writeString(folder.resolve("tokens.csv"), token + ",admin,admin,system:masters\n");
    // Who was refused what, of the accounts that the charts make.
    Files.writeString(
        folder.resolve("audit.yaml"),
        """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived]
        rules:
          - level: Metadata
            userGroups: ["system:serviceaccounts"]
        """);
    String etcd = "http://127.0.0.1:2379";
    String peers = "http://127.0.0.1:2380";
    start(
        "etcd",
        "--data-dir=" + folder.resolve("etcd"),
        "--listen-client-urls=" + etcd,
        "--advertise-client-urls=" + etcd,
        "--listen-peer-urls=" + peers,
        "--initial-advertise-peer-urls=" + peers,
        "--initial-cluster=default=" + peers,
        "--unsafe-no-fsync");
    start(
        "kube-apiserver",
        "--etcd-servers=" + etcd,
        // Where the service of Kubernetes is: pods come to it without a proxy.
        "--bind-address=" + Node.SERVICE,
        "--advertise-address=" + Node.SERVICE,
        "--secure-port=443",
        "--endpoint-reconciler-type=none",
        "--cert-dir=" + folder.resolve("certificates"),
        "--service-cluster-ip-range=10.96.0.0/24",
        "--authorization-mode=RBAC",
        "--allow-privileged=true",
        // There are no names of nodes to be looked up.
        "--kubelet-preferred-address-types=InternalIP",
        "--token-auth-file=" + folder.resolve("tokens.csv"),
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=" + folder.resolve("accounts.pub"),
        "--service-account-signing-key-file=" + folder.resolve("accounts.key"),
        "--audit-policy-file=" + folder.resolve("audit.yaml"),
        "--audit-log-path=" + auditLog());
    Files.writeString(kubeconfig(), kubeconfig(token));
    awaitReady();
    start(
        "kube-controller-manager",
        "--kubeconfig=" + kubeconfig(),
        "--leader-elect=false",
        "--secure-port=0",
        "--root-ca-file=" + authority(),
        "--service-account-private-key-file=" + folder.resolve("accounts.key"));
    start(
        "kube-scheduler",
        "--kubeconfig=" + kubeconfig(),
        "--leader-elect=false",
        "--secure-port=0");
    var _ = kubectl.run("apply", "--filename=" + Programs.crds());
    var _ =
        kubectl.run("wait", "--for=condition=Established", "--all", "customresourcedefinitions");
    start(
        "snapshot-controller",
        "--kubeconfig=" + kubeconfig(),
        "--feature-gates=CSIVolumeGroupSnapshot=true");
  }

  private void start(String program, String... flags) throws IOException {
    List<String> command = new ArrayList<>(node.inNetwork());
    command.add(Programs.of(program).toString());
    command.addAll(List.of(flags));
    runs.push(ProgramRun.start(folder.resolve(program + ".log"), Map.of(), command));
  }

  private void awaitReady() throws IOException, InterruptedException {
    long end = System.nanoTime() + START.toNanos();
    while (!Files.exists(authority()) || !kubectl.serverReady()) {
      ProgramRun server = runs.getFirst();
      if (!server.process().isAlive() || System.nanoTime() > end) {
        throw new IOException("kube-apiserver does not start:\n" + server.said());
      }
      Thread.sleep(200);
    }
  }

  private void writeKeys() throws IOException {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      KeyPair keys = generator.generateKeyPair();
      writePem("accounts.key", "PRIVATE KEY", keys.getPrivate().getEncoded());
      writePem("accounts.pub", "PUBLIC KEY", keys.getPublic().getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private void writePem(String file, String what, byte[] encoded) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
    Files.writeString(
        folder.resolve(file),
        "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(what, text));
  }

  private String kubeconfig(String token) {
    return """
    apiVersion: v1
    kind: Config
    current-context: it
    contexts: [{name: it, context: {cluster: it, user: it}}]
    clusters: [{name: it, cluster: {server: "https://%s", certificate-authority: "%s"}}]
    users: [{name: it, user: {token: "%s"}}]
    """
        .formatted(Node.SERVICE, authority(), token);
  }

  /** kubectl for the administrator, who may do everything. */
  Kubectl kubectl() {
    return kubectl;
  }

  /** The administrator's access, as a file. */
  Path kubeconfig() {
    return kubectl.kubeconfig();
  }

  /** The certificate that says who the API server is. */
  private Path authority() {
    return folder.resolve("certificates/apiserver.crt");
  }

  private Path auditLog() {
    return folder.resolve("audit.log");
  }

  /** Each request that the API server refused to an account of a namespace, for want of a rule. */
  List<String> refusals(String namespace) throws IOException {
    List<String> refusals = new ArrayList<>();
    for (String line : Files.readAllLines(auditLog())) {
      JsonNode event = JSON.readTree(line);
      String user = event.at("/user/username").asText();
      if (event.at("/responseStatus/code").asInt() == 403
          && user.startsWith("system:serviceaccount:%s:".formatted(namespace))) {
        refusals.add(
            "%s: %s %s"
                .formatted(user, event.path("verb").asText(), event.path("requestURI").asText()));
      }
    }
    return refusals.stream().distinct().toList();
  }

  @Override
  public void close() {
    runs.forEach(ProgramRun::close);
  }
}
