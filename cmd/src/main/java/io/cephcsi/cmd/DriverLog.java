package io.cephcsi.cmd;

import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/** Where log lines go: standard error, as klog writes them. */
final class DriverLog {
  // A logger that nobody holds is collected, and its level with it.
  private static final Logger ROOT = Logger.getLogger("");
  private static final Logger NETTY = Logger.getLogger("io.grpc.netty");
  private static final Logger NETTY_OPTIONS = Logger.getLogger("io.netty.bootstrap");

  private DriverLog() {}

  /** Sets the log up; from verbosity 4 on, details of what is done are told too. */
  static void setUp(int verbosity) {
    LogManager.getLogManager().reset();
    var handler = new ConsoleHandler();
    handler.setFormatter(new KlogFormatter());
    handler.setLevel(Level.ALL);
    ROOT.addHandler(handler);
    ROOT.setLevel(verbosity >= 4 ? Level.FINE : Level.INFO);
    NETTY.setLevel(Level.WARNING);
    NETTY_OPTIONS.setLevel(Level.SEVERE); // warns that a unix socket has no SO_KEEPALIVE
  }
}
