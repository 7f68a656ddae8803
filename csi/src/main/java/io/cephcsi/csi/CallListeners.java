package io.cephcsi.csi;

import com.google.protobuf.Message;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.List;

/** Several listeners as one. */
record CallListeners(List<CallListener> all) implements CallListener {
  CallListeners {
    all = List.copyOf(all);
  }

  @Override
  public Heard comes(RpcName rpc, Message request) {
    return new Several(all.stream().map(l -> l.comes(rpc, request)).toList());
  }

  @Override
  public void joins(RpcName rpc, Message request) {
    all.forEach(l -> l.joins(rpc, request));
  }

  @Override
  public void refused(RpcName rpc, Message request, Refusal why) {
    all.forEach(l -> l.refused(rpc, request, why));
  }

  @Override
  public List<ServerInterceptor> interceptors() {
    return all.stream().flatMap(l -> l.interceptors().stream()).toList();
  }

  @Override
  public void close() {
    all.forEach(CallListener::close);
  }

  private record Several(List<Heard> all) implements Heard {
    @Override
    public Phase.Running begins(Phase phase) {
      List<Phase.Running> running = all.stream().map(heard -> heard.begins(phase)).toList();
      return () -> running.reversed().forEach(Phase.Running::close);
    }

    @Override
    public void ends(Status.Code code) {
      all.forEach(heard -> heard.ends(code));
    }
  }
}
