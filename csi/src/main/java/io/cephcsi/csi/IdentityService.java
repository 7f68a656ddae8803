package io.cephcsi.csi;

import com.google.protobuf.BoolValue;
import csi.v1.GetPluginCapabilitiesRequest;
import csi.v1.GetPluginCapabilitiesResponse;
import csi.v1.GetPluginInfoRequest;
import csi.v1.GetPluginInfoResponse;
import csi.v1.IdentityGrpc;
import csi.v1.PluginCapability;
import csi.v1.ProbeRequest;
import csi.v1.ProbeResponse;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.function.BooleanSupplier;

/** CSI's Identity service: who the driver is, what it can do, whether it can serve now. */
public final class IdentityService extends IdentityGrpc.IdentityImplBase {
  private final GetPluginInfoResponse info;
  private final GetPluginCapabilitiesResponse capabilities;
  private final BooleanSupplier ready;

  /**
   * @param ready asked at every Probe, on the event loop: must not block
   */
  public IdentityService(
      String driverName,
      String version,
      List<PluginCapability> capabilities,
      BooleanSupplier ready) {
    this.info =
        GetPluginInfoResponse.newBuilder().setName(driverName).setVendorVersion(version).build();
    this.capabilities =
        GetPluginCapabilitiesResponse.newBuilder().addAllCapabilities(capabilities).build();
    this.ready = ready;
  }

  @Override
  public void getPluginInfo(
      GetPluginInfoRequest request, StreamObserver<GetPluginInfoResponse> observer) {
    answer(observer, info);
  }

  @Override
  public void getPluginCapabilities(
      GetPluginCapabilitiesRequest request,
      StreamObserver<GetPluginCapabilitiesResponse> observer) {
    answer(observer, capabilities);
  }

  @Override
  public void probe(ProbeRequest request, StreamObserver<ProbeResponse> observer) {
    var now = BoolValue.of(ready.getAsBoolean());
    answer(observer, ProbeResponse.newBuilder().setReady(now).build());
  }

  private static <A> void answer(StreamObserver<A> observer, A answer) {
    observer.onNext(answer);
    observer.onCompleted();
  }
}
