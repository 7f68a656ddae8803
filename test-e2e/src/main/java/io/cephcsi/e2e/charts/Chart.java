package io.cephcsi.e2e.charts;

import io.cephcsi.e2e.Checkout;
import java.nio.file.Path;
import java.util.Locale;

/** The charts of this project. */
public enum Chart {
  RBD,
  CEPHFS;

  /** As in {@code --type} and in file names. */
  public String driver() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Its name, which is also that of its folder. */
  public String chartName() {
    return "ceph-csi-" + driver();
  }

  public Path folder() {
    return Checkout.root().resolve("charts").resolve(chartName());
  }
}
