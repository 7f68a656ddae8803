package io.cephcsi.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import csi.v1.ControllerGrpc;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteVolumeRequest;
import csi.v1.DeleteVolumeResponse;
import csi.v1.GetMetadataAllocatedRequest;
import csi.v1.GetMetadataAllocatedResponse;
import csi.v1.SnapshotMetadataGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Services on a real socket, with calls of the test. */
@Timeout(60)
class CsiServiceTest {
  /** What the calls refuse; a service tells it as NOT_FOUND. */
  private static final class Missing extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private static final DeleteVolumeRequest REQUEST =
      DeleteVolumeRequest.newBuilder().setVolumeId("there").build();

  @TempDir Path directory;

  private final List<RpcName> heard = Collections.synchronizedList(new ArrayList<>());
  private final Calls calls = new Calls(CallSettings.DEFAULT);
  private CsiServer server;
  private ManagedChannel channel;

  private static <Q extends Message, A extends Message> Call<Q, A> told(Call<Q, A> call) {
    return request -> {
      try {
        return call.answer(request);
      } catch (Missing _) {
        throw new CsiException.NotFound("nothing is there");
      }
    };
  }

  private static DeleteVolumeResponse delete(DeleteVolumeRequest request) {
    if (!request.getVolumeId().equals("there")) {
      throw new Missing();
    }
    return DeleteVolumeResponse.getDefaultInstance();
  }

  private static void twice(
      GetMetadataAllocatedRequest request, StreamedCall.Answers<GetMetadataAllocatedResponse> to) {
    to.send(GetMetadataAllocatedResponse.getDefaultInstance());
    to.send(GetMetadataAllocatedResponse.getDefaultInstance());
  }

  private RpcName remembered(RpcName name) {
    heard.add(name);
    return name;
  }

  @BeforeEach
  void serve() throws Exception {
    var controller =
        new CsiService(ControllerGrpc.SERVICE_NAME, calls, CsiServiceTest::told)
            .answer(
                ControllerGrpc.getDeleteVolumeMethod(),
                CsiServiceTest::delete,
                (rpc, r) -> remembered(new RpcName(rpc, "lane of " + r.getVolumeId())));
    var metadata =
        new CsiService(SnapshotMetadataGrpc.SERVICE_NAME, calls, CsiServiceTest::told)
            .stream(
                SnapshotMetadataGrpc.getGetMetadataAllocatedMethod(),
                CsiServiceTest::twice,
                (rpc, _) -> remembered(RpcName.ofDriver(rpc)));
    var socket = new Endpoint.Unix(directory.resolve("csi.sock"));
    server = CsiServer.start(socket, List.of(controller, metadata));
    channel = CsiChannel.to(socket).build();
  }

  @AfterEach
  void end() throws InterruptedException {
    channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    server.close();
    calls.close();
  }

  private ControllerGrpc.ControllerBlockingStub controller() {
    return ControllerGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  private static Status.Code codeOf(StatusRuntimeException e) {
    return e.getStatus().getCode();
  }

  @Test
  void answer_ofAnRpc_isItsCalls_onTheLaneOfTheRequest() {
    assertThat(controller().deleteVolume(REQUEST))
        .isEqualTo(DeleteVolumeResponse.getDefaultInstance());
    assertThat(heard).containsExactly(new RpcName("DeleteVolume", "lane of there"));
  }

  @Test
  void answer_ofACallThatFails_isWhatTheFailureMeans() {
    var other = REQUEST.toBuilder().setVolumeId("elsewhere").build();
    assertThatThrownBy(() -> controller().deleteVolume(other))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(codeOf(e)).isEqualTo(Status.Code.NOT_FOUND);
              assertThat(e).hasMessageContaining("nothing is there");
            });
  }

  @Test
  void anRpcThatNoCallAnswers_isUnimplemented() {
    assertThatThrownBy(() -> controller().createVolume(CreateVolumeRequest.getDefaultInstance()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(codeOf(e)).isEqualTo(Status.Code.UNIMPLEMENTED));
  }

  @Test
  void stream_ofAnRpc_isItsCalls() {
    var answers =
        SnapshotMetadataGrpc.newBlockingStub(channel)
            .withDeadlineAfter(20, TimeUnit.SECONDS)
            .getMetadataAllocated(GetMetadataAllocatedRequest.getDefaultInstance());
    assertThat(answers).toIterable().hasSize(2);
    assertThat(heard).containsExactly(RpcName.ofDriver("GetMetadataAllocated"));
  }
}
