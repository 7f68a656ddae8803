package io.cephcsi.csi;

import com.google.protobuf.Message;
import io.grpc.Status;

/** Where nobody listens. */
final class Unheard implements CallListener, CallListener.Heard {
  @Override
  public Heard comes(RpcName rpc, Message request) {
    return this;
  }

  @Override
  public void joins(RpcName rpc, Message request) {}

  @Override
  public void refused(RpcName rpc, Message request, Refusal why) {}

  @Override
  public Phase.Running begins(Phase phase) {
    return Phase.UNHEARD;
  }

  @Override
  public void ends(Status.Code code) {}
}
