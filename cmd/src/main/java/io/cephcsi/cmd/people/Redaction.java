package io.cephcsi.cmd.people;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Takes secrets out of texts that strangers will read. What looks like one goes, and each secret
 * that is known: rather a word too many than a key too few.
 */
final class Redaction {
  static final String TAKEN = "***";

  /** Shorter ones would take out words that stand everywhere. */
  private static final int SHORTEST_KNOWN = 6;

  private static final String SAYS_SO =
      "(?i:[\\w.-]*(?:secret|password|passwd|passphrase|token|userkey|adminkey|privatekey"
          + "|private_key|access_?key|api_?key|credential)[\\w.-]*|(?<![\\w.-])(?:key|dek|kek))";

  /** What a secret looks like; what stays is in the first group. */
  private record Form(Pattern pattern, String left) {
    static Form of(String pattern) {
      return new Form(Pattern.compile(pattern), "$1" + TAKEN);
    }
  }

  private static final List<Form> FORMS =
      List.of(
          // Of Ceph, base64 of type, time, length and key: 28 or 44 bytes, type 1 or 2.
          Form.of("()A[gQ][A-Za-z0-9+/]{36,}={0,2}"),
          Form.of("()-----BEGIN [A-Z ]*PRIVATE KEY-----[\\s\\S]*?(?:-----END[^\\n]*|$)"),
          // A token of Kubernetes and the like: three parts of base64.
          Form.of("()eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*"),
          Form.of("((?i:bearer|basic) )[A-Za-z0-9+/=._~-]{8,}"),
          Form.of("([a-z][a-z0-9+.-]*://[^/@:\\s\"]*:)[^/@\\s\"]+(?=@)"),
          // "NAME": "value", NAME=value, NAME: value, --NAME value; the name says what it is.
          new Form(
              Pattern.compile("(" + SAYS_SO + "\\\\?\"?\\s*[=:]\\s*)\"(?:[^\"\\\\]|\\\\.)*\""),
              "$1\"" + TAKEN + "\""),
          Form.of("(" + SAYS_SO + "\\\\?\"?\\s*[=:]\\s*\\\\?\"?)(?!\")[^\\s\",;}&\\\\]+"),
          Form.of("(--?" + SAYS_SO + " )[^\\s-][^\\s]*"));

  private final List<String> known = new ArrayList<>();

  /**
   * @param secrets that are known, in the clear
   */
  Redaction(Collection<String> secrets) {
    secrets.stream().filter(secret -> secret.length() >= SHORTEST_KNOWN).forEach(known::add);
  }

  /** The text without them. */
  String of(String text) {
    String left = text;
    for (String secret : known) {
      left = left.replace(secret, TAKEN);
    }
    for (Form form : FORMS) {
      left = form.pattern().matcher(left).replaceAll(form.left());
    }
    return left;
  }
}
