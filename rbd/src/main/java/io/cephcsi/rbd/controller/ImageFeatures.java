package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.Feature;
import io.cephcsi.csi.CsiException;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** The class parameter {@code imageFeatures}: a comma list of names, without blanks. */
final class ImageFeatures {
  private static final Set<Feature> ALLOWED =
      EnumSet.of(
          Feature.LAYERING,
          Feature.EXCLUSIVE_LOCK,
          Feature.OBJECT_MAP,
          Feature.FAST_DIFF,
          Feature.JOURNALING,
          Feature.DEEP_FLATTEN);

  private static final Map<Feature, Feature> NEEDS =
      new EnumMap<>(
          Map.of(
              Feature.OBJECT_MAP, Feature.EXCLUSIVE_LOCK,
              Feature.FAST_DIFF, Feature.OBJECT_MAP,
              Feature.JOURNALING, Feature.EXCLUSIVE_LOCK));

  private ImageFeatures() {}

  /**
   * The feature mask.
   *
   * @throws CsiException.InvalidArgument for an unknown name, or a feature without the one it needs
   */
  static long mask(String list, String mounter) {
    EnumSet<Feature> features = EnumSet.noneOf(Feature.class);
    for (String name : list.split(",", -1)) {
      features.add(named(name, list));
    }
    for (Feature feature : features) {
      requireBase(feature, features);
    }
    if (features.contains(Feature.JOURNALING) && !mounter.equals("rbd-nbd")) {
      throw new CsiException.InvalidArgument(
          "imageFeatures: journaling needs mounter rbd-nbd, it is %s: set that, or leave journaling out"
              .formatted(mounter.isEmpty() ? "not set" : mounter));
    }
    return features.stream().mapToLong(Feature::bit).sum();
  }

  private static Feature named(String name, String list) {
    return Feature.of(name)
        .filter(ALLOWED::contains)
        .orElseThrow(() ->
            new CsiException.InvalidArgument(
                "imageFeatures %s: unknown feature \"%s\"; known are %s"
                    .formatted(
                        list,
                        name,
                        String.join(", ", ALLOWED.stream().map(Feature::text).toList()))));
  }

  private static void requireBase(Feature feature, Set<Feature> features) {
    Feature base = NEEDS.get(feature);
    if (base != null && !features.contains(base)) {
      throw new CsiException.InvalidArgument(
          "imageFeatures: %s needs %s, add it".formatted(feature.text(), base.text()));
    }
  }
}
