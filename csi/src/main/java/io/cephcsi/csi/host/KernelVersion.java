package io.cephcsi.csi.host;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kernel's release, {@code 6.1.0-18-amd64} say.
 *
 * @param text all of it
 */
public record KernelVersion(int version, int patchLevel, String text) {
  private static final Pattern FORM = Pattern.compile("(\\d+)\\.(\\d+).*", Pattern.DOTALL);

  /** RHEL 7 has got quotas with this build of its 3.10. */
  private static final Pattern EL7 = Pattern.compile("3\\.10\\.0-(\\d+)\\..*el7.*", Pattern.DOTALL);

  private static final int EL7_WITH_QUOTAS = 1062;

  /** RHEL 8 has got cookies of nbd devices with this build of its 4.18. */
  private static final Pattern EL8 = Pattern.compile("4\\.18\\.0-(\\d+)\\..*el8.*", Pattern.DOTALL);

  private static final int EL8_WITH_COOKIES = 365;

  /** Reads a release; one of another form is older than any. */
  public static KernelVersion of(String release) {
    String text = release.strip();
    Matcher parts = FORM.matcher(text);
    return parts.matches()
        ? new KernelVersion(
            Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)), text)
        : new KernelVersion(0, 0, text);
  }

  /** Whether it is that version or a newer one. */
  public boolean atLeast(int wantedVersion, int wantedPatchLevel) {
    return version > wantedVersion || (version == wantedVersion && patchLevel >= wantedPatchLevel);
  }

  /** That of this machine. */
  public static KernelVersion running() {
    return of(System.getProperty("os.version", ""));
  }

  /** Whether its clients of Ceph read from near replicas; older ones refuse the options for it. */
  public boolean readsNear() {
    return atLeast(5, 8);
  }

  /** Whether an nbd device keeps the cookie that it is given. */
  public boolean keepsCookies() {
    Matcher el8 = EL8.matcher(text);
    return atLeast(5, 14) || (el8.matches() && Integer.parseInt(el8.group(1)) >= EL8_WITH_COOKIES);
  }

  /** Whether its CephFS keeps to quotas. */
  public boolean hasQuotas() {
    Matcher el7 = EL7.matcher(text);
    return atLeast(4, 17) || (el7.matches() && Integer.parseInt(el7.group(1)) >= EL7_WITH_QUOTAS);
  }
}
