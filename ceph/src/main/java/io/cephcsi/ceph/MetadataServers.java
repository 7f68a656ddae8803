package io.cephcsi.ceph;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import io.cephcsi.ceph.LibCephFs.MountPointer;
import io.cephcsi.ceph.LibRados.ClusterPointer;

/** A client of the metadata servers, which mounts nothing: for one command. */
final class MetadataServers extends NativeHandle<MountPointer> {
  private MetadataServers(MountPointer pointer) {
    super(pointer);
  }

  /** As {@link Cluster#metadataServerCommand}. */
  static String send(ClusterPointer cluster, String server, String json) {
    try (var client = open(cluster)) {
      CephException.check(
          LibCephFs.ceph_init(client.pointer()), "ask " + server, CephException.Daemon.MON);
      return Command.send(
          (_, commands, count, input, inputLength, output, outputLength, status, statusLength) ->
              LibCephFs.ceph_mds_command(
                  client.pointer(),
                  server,
                  commands,
                  count,
                  input,
                  inputLength,
                  output,
                  outputLength,
                  status,
                  statusLength),
          CephException.Daemon.MDS,
          cluster,
          json);
    } catch (LinkageError e) {
      throw new CephException(
          Errno.EOPNOTSUPP, "ask " + server + " without " + LibCephFs.FILE + ", of libcephfs2");
    }
  }

  private static MetadataServers open(ClusterPointer cluster) {
    try (var out = new Memory(Native.POINTER_SIZE)) {
      CephException.check(LibCephFs.ceph_create_from_rados(out, cluster), "make a client");
      return new MetadataServers(new MountPointer(out.getPointer(0)));
    }
  }

  @Override
  void release(MountPointer open) {
    var _ = LibCephFs.ceph_release(open);
  }
}
