package io.cephcsi.csi;

import com.google.protobuf.Message;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import java.util.Objects;
import java.util.function.BiFunction;

/**
 * One of CSI's services: which call answers which of its RPCs. To those that none answers, gRPC
 * says UNIMPLEMENTED.
 */
public final class CsiService implements BindableService {
  /** What failures mean that a call gives no meaning of its own. */
  @FunctionalInterface
  public interface Failures {
    /** The call, with its failures told as refusals where there is one that fits. */
    <Q extends Message, A extends Message> Call<Q, A> told(Call<Q, A> call);
  }

  private final Calls calls;
  private final Failures failures;
  private final ServerServiceDefinition.Builder methods;

  /**
   * @param name as gRPC knows the service, {@code csi.v1.Controller}
   */
  public CsiService(String name, Calls calls, Failures failures) {
    this.calls = calls;
    this.failures = failures;
    this.methods = ServerServiceDefinition.builder(name);
  }

  /**
   * Lets the call answer an RPC of this service.
   *
   * @param name tells by the RPC's name and a request what is called and on which lane
   */
  public <Q extends Message, A extends Message> CsiService answer(
      MethodDescriptor<Q, A> rpc, Call<Q, A> call, BiFunction<String, Q, RpcName> name) {
    String method = nameOf(rpc);
    Call<Q, A> told = failures.told(call);
    methods.addMethod(
        rpc,
        ServerCalls.asyncUnaryCall((request, observer) ->
            calls.answer(name.apply(method, request), told, request, observer)));
    return this;
  }

  /** As {@link #answer}, for an RPC that is answered by a stream. */
  public <Q extends Message, A extends Message> CsiService stream(
      MethodDescriptor<Q, A> rpc, StreamedCall<Q, A> call, BiFunction<String, Q, RpcName> name) {
    String method = nameOf(rpc);
    methods.addMethod(
        rpc,
        ServerCalls.asyncServerStreamingCall((request, observer) ->
            calls.stream(name.apply(method, request), call, request, observer)));
    return this;
  }

  private static String nameOf(MethodDescriptor<?, ?> rpc) {
    return Objects.requireNonNull(rpc.getBareMethodName());
  }

  @Override
  public ServerServiceDefinition bindService() {
    return methods.build();
  }
}
