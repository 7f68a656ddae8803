package io.cephcsi.cmd.docs;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** {@code docs/reference/errors.md}: all texts by their kind, and what they say to do. */
final class ErrorsPage {
  /** What a kind says whatever its text; in the order of the page. */
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
    KINDS.put(
        ErrorTexts.WRONG_USAGE,
        "Flags of the driver, or options and arguments of a command, that cannot be meant, or that name what is not there; all that is wrong with flags and options is told at once. Exit status 2.");
    KINDS.put(
        ErrorTexts.NOT_STARTED,
        "The driver does not start: exit status 1, and Kubernetes starts it again. Where a driver that runs comes to it (renewed TLS files, another question to Kubernetes), it logs the text as a warning and goes on with what it has.");
  }

  private ErrorsPage() {}

  /** The page. */
  static String text(ErrorTexts errors) {
    var page = new StringBuilder();
    page.append(
        """
        # Errors

        Made from the code by `./dev docs write`. `…` stands for a value. A text names what it is about, why, and what to do. The caller is
        kubelet or a CSI sidecar: where it must do something else, update it, and report it there. What is no refusal but a fault of the
        driver itself is answered as INTERNAL: report it with `cephcsi support-bundle`. Calls are answered with the texts of the sections
        that are named as gRPC's codes; those of the last two sections are printed by the program.
        """);
    KINDS.forEach((kind, meaning) -> {
      page.append("\n## ").append(title(kind)).append("\n\n").append(meaning).append('\n');
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

  private static String title(String kind) {
    return switch (kind) {
      case ErrorTexts.WRONG_USAGE -> "Wrong usage";
      case ErrorTexts.NOT_STARTED -> "The driver does not start";
      default -> code(kind);
    };
  }

  /** {@code InvalidArgument} as gRPC calls it. */
  static String code(String kind) {
    return kind.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(Locale.ROOT);
  }

  static boolean knows(String kind) {
    return KINDS.containsKey(kind);
  }

  /** What the text says to do: its words behind a semicolon, a colon or a comma. */
  static Optional<String> remedy(String text) {
    return OWN.matcher(text).results().map(own -> own.group(1)).findFirst();
  }

  /** Words that a remedy begins with. */
  private static final Pattern OWN =
      Pattern.compile(
          "(?:[;:] |, and |, )((?:if |for |since |or )?(?:see|add|name|use|set|mend|unstage|unpublish|unmap|unmount|delete|ask|give|leave"
              + "|let|write|read|choose|create|take|move|mount|raise|put|wait|stop|start|run|bring|promote|go on|separate|find out|repair"
              + "|remove|stage|publish|make|correct|copy|ceph|the driver must|the caller must|it needs|the call can|known are|only letters|between)\\b.*)$",
          Pattern.DOTALL);
}
