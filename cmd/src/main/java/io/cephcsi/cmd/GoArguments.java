package io.cephcsi.cmd;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Command lines as Go programs take them, since charts and habits carry over from ceph-csi: one
 * dash or two, and a boolean flag never takes the next argument as its value.
 */
final class GoArguments {
  private GoArguments() {}

  /**
   * The arguments as picocli takes them: two dashes, booleans with a value.
   *
   * @param booleans the names of the boolean flags, without dashes
   */
  static List<String> normal(List<String> arguments, Set<String> booleans) {
    List<String> normal = new ArrayList<>();
    boolean value = false;
    for (String argument : arguments) {
      String flag = value ? argument : twoDashes(argument);
      boolean bare = !value && flag.startsWith("--") && !flag.contains("=");
      boolean bool = bare && booleans.contains(flag.substring(2));
      normal.add(bool ? flag + "=true" : flag);
      value = bare && !bool;
    }
    return normal;
  }

  private static String twoDashes(String argument) {
    boolean oneDash =
        argument.length() > 1 && argument.charAt(0) == '-' && argument.charAt(1) != '-';
    return oneDash && !argument.equals("-h") ? "-" + argument : argument;
  }
}
