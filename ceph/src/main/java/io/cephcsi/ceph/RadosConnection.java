package io.cephcsi.ceph;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import io.cephcsi.ceph.LibRados.ClusterPointer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** One client of one cluster. */
final class RadosConnection extends NativeHandle<ClusterPointer> {
  /**
   * What a program that makes and removes images, but never reads or writes them, can do without:
   * threads, caches, logs. Not every version knows all of them.
   */
  private static final Map<String, String> FRUGAL =
      Map.of(
          "ms_async_op_threads", "1",
          "librados_thread_count", "1",
          "rbd_cache", "false",
          "log_max_recent", "1",
          "log_file", "",
          "log_to_stderr", "false",
          "err_to_stderr", "false",
          "admin_socket", "");

  private static final String NO_KEY =
      ", whose key is none of Ceph's: put into the Secret what ceph auth get-key prints";

  /** What librados tells as an invalid argument. */
  private static final String NEWER_KEY =
      ", whose key librados cannot read: it is of a kind that Ceph has since version 20 (aes256k), and this librados is older; give the user a key of the kind before (ceph auth rotate with --key_type aes, and ceph mon set auth_allowed_ciphers aes,aes256k), or take an image of the driver with Ceph 20's libraries";

  private RadosConnection(ClusterPointer pointer) {
    super(pointer);
  }

  /** Connects; blocks for at most the mount timeout. */
  static RadosConnection open(
      ConnectionSettings settings, String monitors, Credentials credentials) {
    return open(settings, monitors, credentials, seconds(settings.monitorTimeout()));
  }

  /** As {@link #open}, with no bound for how long the monitors or the manager may take. */
  static RadosConnection openForManager(
      ConnectionSettings settings, String monitors, Credentials credentials) {
    return open(settings, monitors, credentials, "0");
  }

  private static RadosConnection open(
      ConnectionSettings settings,
      String monitors,
      Credentials credentials,
      String monitorSeconds) {
    String where =
        monitors.isEmpty() ? "the monitors of " + settings.configurationFile() : monitors;
    String action = "connect to " + where + " as " + credentials;
    // What librados makes of such a key differs from version to version, up to a timeout.
    if (!credentials.key().isEmpty() && !credentials.keyIsWhole()) {
      throw new CephException(Errno.EINVAL, action + NO_KEY, CephException.Daemon.MON);
    }
    var connection = new RadosConnection(create(credentials, action));
    try {
      connection.configure(settings, monitors, credentials);
      connection.set("rados_mon_op_timeout", monitorSeconds);
      int result = LibRados.rados_connect(connection.pointer());
      boolean unread = result == -Errno.EINVAL && !credentials.key().isEmpty();
      String tried = unread ? action + NEWER_KEY : action;
      CephException.check(result, tried, CephException.Daemon.MON);
      return connection;
    } catch (CephException e) {
      connection.close();
      throw e;
    }
  }

  private static ClusterPointer create(Credentials credentials, String action) {
    try (var out = new Memory(Native.POINTER_SIZE)) {
      int result = LibRados.rados_create2(out, "ceph", credentials.toString(), 0);
      StandardError.waitForRoom();
      CephException.check(result, action);
      return new ClusterPointer(out.getPointer(0));
    }
  }

  private void configure(ConnectionSettings settings, String monitors, Credentials credentials) {
    Path file = settings.configurationFile();
    if (file != null) {
      read(file);
    }
    FRUGAL.forEach(this::setIfKnown);
    if (!monitors.isEmpty()) {
      set("mon_host", monitors);
    }
    if (!credentials.key().isEmpty()) {
      set("key", credentials.key());
    }
    set("client_mount_timeout", seconds(settings.mountTimeout()));
    set("rados_osd_op_timeout", seconds(settings.osdTimeout()));
  }

  private void read(Path file) {
    int result = LibRados.rados_conf_read_file(pointer(), file.toString());
    String action = "read " + file;
    CephException.check(
        result,
        result == -Errno.EINVAL
            ? "%s, which Ceph cannot parse: ceph-conf -c %s -L says where; its last line too must end with a newline"
                .formatted(action, file)
            : action);
  }

  private void set(String option, String value) {
    CephException.check(LibRados.rados_conf_set(pointer(), option, value), "set option " + option);
  }

  private void setIfKnown(String option, String value) {
    int result = LibRados.rados_conf_set(pointer(), option, value);
    if (result != -Errno.ENOENT) {
      CephException.check(result, "set option " + option);
    }
  }

  private static String seconds(Duration time) {
    return Long.toString(time.plusNanos(999_999_999).toSeconds());
  }

  @Override
  void release(ClusterPointer open) {
    LibRados.rados_shutdown(open);
  }
}
