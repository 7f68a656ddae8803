package io.cephcsi.csi;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The parameters of a class, by their names; what they mean is each driver's to say.
 *
 * @param all as in the request
 */
public record Parameters(Map<String, String> all) {
  /** Kubernetes' own keys, which sidecars read or put in. */
  static final String KUBERNETES = "csi.storage.k8s.io/";

  private static final Pattern NAME_PREFIX = Pattern.compile("[A-Za-z0-9._-]+");

  public Parameters {
    all = Map.copyOf(all);
  }

  /**
   * The value of a parameter that must be there.
   *
   * @throws CsiException.InvalidArgument when it is missing or empty
   */
  public String required(Parameter parameter) {
    String value = parameter.in(all);
    if (value.isEmpty()) {
      throw new CsiException.InvalidArgument(
          "parameter %s is missing or empty: set it in the class".formatted(parameter.key()));
    }
    return value;
  }

  /**
   * The value of a parameter; where it is missing, what stands for it then, or an empty text.
   *
   * @throws CsiException.InvalidArgument when it is there and empty
   */
  public String optional(Parameter parameter) {
    String value = parameter.in(all);
    if (value.isEmpty() && all.containsKey(parameter.key())) {
      throw new CsiException.InvalidArgument(
          "parameter %s is empty: give it a value or leave it out".formatted(parameter.key()));
    }
    return value;
  }

  /** As {@link #optional}, for what stands before a UUID in a name. */
  public String namePrefix(Parameter parameter, String what) {
    String prefix = optional(parameter);
    if (!NAME_PREFIX.matcher(prefix).matches()) {
      throw new CsiException.InvalidArgument(
          "%s \"%s\": only letters, digits, '.', '_' and '-' may stand in %s's name"
              .formatted(parameter.key(), prefix, what));
    }
    return prefix;
  }

  /** The namespace of the claim, empty when the provisioner does not tell. */
  public String owner() {
    return all.getOrDefault(KUBERNETES + "pvc/namespace", "");
  }

  /** What is told to the node: those that are not Kubernetes' own. */
  public Map<String, String> volumeContext() {
    Map<String, String> context = new TreeMap<>(all);
    context.keySet().removeIf(k -> k.startsWith(KUBERNETES));
    return context;
  }
}
