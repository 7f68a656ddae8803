package io.cephcsi.cmd.docs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code docs/reference/errors.md}: all texts by their code, and what to do. */
final class ErrorsPage {
  /** What a code says whatever its text, and what to do then; in the order of the page. */
  private static final Map<String, String> KINDS = new LinkedHashMap<>();

  static {
    KINDS.put(
        "InvalidArgument",
        "The request is wrong, whatever the state of the cluster: mostly a parameter of a class, a Secret or a static volume. Repeated, it is refused again."
            + " A StorageClass cannot be changed: delete it and make it anew; volumes stay.");
    KINDS.put("NotFound", "What the request names is not there.");
    KINDS.put(
        "AlreadyExists",
        "The name is taken by something else than is asked for. Kubernetes' names are unique, so somebody made it by hand, or changed the class meanwhile.");
    KINDS.put(
        "Aborted",
        "Work on the same thing is still going on, or has just changed what this call had read. Kubernetes repeats the call by itself; only when that goes on for many minutes there is something to do.");
    KINDS.put(
        "FailedPrecondition",
        "Something must change before the call can do its work. Kubernetes repeats the call, and it succeeds when that is done.");
    KINDS.put("OutOfRange", "A size, an offset or a token that cannot be had.");
    KINDS.put("ResourceExhausted", "No room, or too much to do at a time.");
    KINDS.put(
        "PermissionDenied", "Ceph refuses the user of the Secret. See [caps](../guides/caps.md).");
    KINDS.put(
        "Unavailable",
        "No answer came, so nobody knows whether the work was done; nothing was taken back. Kubernetes repeats the call.");
    KINDS.put(
        "Unimplemented", "This driver does not do that, or not with a cluster of that version.");
  }

  private static final String CALLER =
      "a fault of who called, Kubernetes or a sidecar: update it, and report it there";

  /** What to do where the text itself does not say it; the first that fits. */
  private static final List<Map.Entry<Pattern, String>> OTHERWISE =
      List.of(
          rule("ask again", "nothing: the call is repeated by itself"),
          rule(
              "is not JSON",
              "see whether Ceph is of a version that is tested, by `cephcsi preflight`; else report it with `cephcsi support-bundle`"),
          rule(
              "(clusterID|monitors).*config.json|no monitors",
              "add what is missing to config.json, see `cephcsi preflight`"),
          rule("interrupted|went away", "nothing: the driver stops or the caller has gone"),
          rule(
              "(volume|snapshot|group snapshot) … does not exist",
              "see what there is by `cephcsi volumes ls`, and whether it was removed by hand"),
          rule(
              "static volume",
              "correct the PersistentVolume: see [static volumes](../guides/static-volumes.md)"),
          rule(
              "cluster … has no pool …$",
              "create it and run `rbd pool init`, or name another in the class"),
          rule("mounter … is unknown", "name one of these in the class, or leave it out"),
          rule("mutable_parameters", "leave VolumeAttributesClass out of the claim"),
          rule(
              "topologyConstrainedPools",
              "correct it in the class: see [parameters](parameters.md)"),
          rule("begins as one of the in-tree", "correct the PersistentVolume's volumeHandle"),
          rule("a group is in one", "ask for groups of volumes of one class"),
          rule("is relative|is no directory", CALLER),
          rule(
              "no node of that name",
              "see `kubectl get nodes`, and `--nodeid` of the node's driver, which has to be that name"),
          rule(
              "nothing is mounted there|no device of ours|is not staged",
              "delete the pod, so that the volume is staged and published anew"),
          rule(
              "exists with other parameters|just made as a copy",
              "delete the claim and make it anew, under another name"),
          rule(
              "is in use by",
              "delete the pod there; if that node is lost, taint it with `node.kubernetes.io/out-of-service`"),
          rule("does not map image", "what is behind the last semicolon; and `dmesg` of the node"),
          rule(
              "is broken",
              "correct the file: it is JSON, see `cephcsi preflight --cluster-config FILE`"),
          rule("is left alone", "see what is mounted there, and unmount it by hand"),
          rule("no whole number", "ask for a limit that is further from the request"),
          rule(
              "rbd-nbd behind .* has ended",
              "nothing, where the driver may read Kubernetes: it is attached again"),
          rule(
              "imageFeatures|objectSize|is not a number|cephLogDir|filesystem",
              "correct it in the class"),
          rule(
              "does not encrypt|encrypted",
              "take a class without `encrypted`, or let ceph-csi do it"),
          rule(
              "only shows a snapshot",
              "make a volume of its own of the snapshot, without backingSnapshot"),
          rule(
              "layering",
              "`rbd feature enable` cannot add it: copy the image (`rbd deep cp`) with it"),
          rule(
              "lost its data pool",
              "see `ceph fs ls` and `ceph osd pool ls`; a filesystem without its pool has to be restored"),
          rule(
              "keeps its old size|does not get its new size|shows no device|does not end|does not go away",
              "the call is repeated; if it stays, see the node's log (`dmesg`) and processes in state D"),
          rule("is gone|replaced", "nothing: the call is repeated by itself"),
          rule("cannot be made", "see the node: its disk, its rights, what lies there"),
          rule(
              "does not answer|is not answering",
              "see `ceph health detail`, and [the runbook](../runbooks.md#cephcsivolumehangs)"),
          rule("shrink|cannot have|longer than|more than a volume", "ask for another size or name"),
          rule(
              "is in another filesystem|is another cluster|in cluster",
              "name the source's in the class"),
          rule(
              "is missing|is empty|no access|negative|no path|cannot be part|behind the end|slash",
              CALLER),
          rule(
              "snapshot", "see `ceph fs subvolume snapshot ls` or `rbd snap ls` for what there is"),
          rule("cannot be read", "see the file's rights in the driver's container"));

  private ErrorsPage() {}

  private static Map.Entry<Pattern, String> rule(String text, String remedy) {
    return Map.entry(Pattern.compile(text), remedy);
  }

  /** The page. */
  static String text(ErrorTexts errors) {
    var page = new StringBuilder();
    page.append(
        """
        # Errors

        Made from the code by `./dev docs write`. `…` stands for a value. A text names what it is about, why, and mostly what to do; what it
        does not say stands beside it. What is no refusal but a fault of the driver itself is answered as INTERNAL: report it with
        `cephcsi support-bundle`.
        """);
    KINDS.forEach((kind, meaning) -> {
      page.append("\n## ").append(code(kind)).append("\n\n").append(meaning).append('\n');
      page.append("\n| text | what to do | told by |\n|---|---|---|\n");
      errors
          .texts()
          .forEach((text, classes) -> {
            if (text.kind().equals(kind)) {
              page.append(
                  "| %s | %s | %s |\n"
                      .formatted(
                          cell(text.text()),
                          remedy(text.text()).map(ErrorsPage::cell).orElse(""),
                          "`" + String.join("`, `", classes) + "`"));
            }
          });
    });
    return page.toString();
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replace("<", "&lt;");
  }

  /** {@code InvalidArgument} as gRPC calls it. */
  static String code(String kind) {
    return kind.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(Locale.ROOT);
  }

  static boolean knows(String kind) {
    return KINDS.containsKey(kind);
  }

  /** What to do: the text's own words behind a semicolon or the last colon, else by rule. */
  static Optional<String> remedy(String text) {
    Matcher own = OWN.matcher(text);
    if (own.find()) {
      return Optional.of(own.group(1));
    }
    return OTHERWISE.stream()
        .filter(rule -> rule.getKey().matcher(text).find())
        .map(Map.Entry::getValue)
        .findFirst();
  }

  /** Words that a remedy begins with. */
  private static final Pattern OWN =
      Pattern.compile(
          "(?:[;:] |, and |, )((?:if |for |since |or )?(?:see|add|name|use|set|mend|unstage|unpublish|unmap|unmount|delete|ask|give|leave"
              + "|let|write|read|choose|create|take|move|mount|raise|put|wait|stop|start|run|bring|promote|go on|separate|find out|repair"
              + "|remove|stage|publish|make|correct|ceph|the driver must|it needs|the call can|known are|only letters|between)\\b.*)$",
          Pattern.DOTALL);
}
