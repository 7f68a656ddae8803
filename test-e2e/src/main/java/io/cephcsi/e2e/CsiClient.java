package io.cephcsi.e2e;

import com.google.errorprone.annotations.MustBeClosed;
import csi.v1.ControllerGrpc;
import csi.v1.ControllerGrpc.ControllerBlockingStub;
import csi.v1.GroupControllerGrpc;
import csi.v1.GroupControllerGrpc.GroupControllerBlockingStub;
import csi.v1.IdentityGrpc;
import csi.v1.IdentityGrpc.IdentityBlockingStub;
import csi.v1.NodeGrpc;
import csi.v1.NodeGrpc.NodeBlockingStub;
import csi.v1.SnapshotMetadataGrpc;
import csi.v1.SnapshotMetadataGrpc.SnapshotMetadataBlockingStub;
import io.cephcsi.csi.CsiChannel;
import io.cephcsi.csi.Endpoint;
import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A CSI client on a driver's unix socket. A stub is for one call: its deadline runs from when it
 * was asked for. Usable from several threads.
 */
public final class CsiClient implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final ManagedChannel channel;

  /** Connects at the first call. */
  @MustBeClosed
  public CsiClient(Path socket) {
    channel = CsiChannel.to(new Endpoint.Unix(socket)).maxInboundMessageSize(64 << 20).build();
  }

  public IdentityBlockingStub identity() {
    return IdentityGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE);
  }

  public ControllerBlockingStub controller() {
    return ControllerGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE);
  }

  public GroupControllerBlockingStub groupController() {
    return GroupControllerGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE);
  }

  public SnapshotMetadataBlockingStub snapshotMetadata() {
    return SnapshotMetadataGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE);
  }

  public NodeBlockingStub node() {
    return NodeGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE);
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
