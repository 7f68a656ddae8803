package io.cephcsi.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.BlockMetadata;
import csi.v1.GetMetadataAllocatedRequest;
import csi.v1.GetMetadataAllocatedResponse;
import csi.v1.SnapshotMetadataGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls that answer with a stream, over a socket. */
class StreamsTest {
  private static final GetMetadataAllocatedRequest REQUEST =
      GetMetadataAllocatedRequest.newBuilder().setSnapshotId("s").build();

  @TempDir Path directory;
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Calls calls =
      new Calls(new CallSettings(1, 0), CallListener.of(List.of()), PATIENCE);
  private StreamedCall<GetMetadataAllocatedRequest, GetMetadataAllocatedResponse> call =
      (_, _) -> {};
  private CsiServer server;
  private ManagedChannel channel;

  private final class Service extends SnapshotMetadataGrpc.SnapshotMetadataImplBase {
    @Override
    public void getMetadataAllocated(
        GetMetadataAllocatedRequest request,
        StreamObserver<GetMetadataAllocatedResponse> observer) {
      calls.stream(new RpcName("GetMetadataAllocated", "one"), call, request, observer);
    }
  }

  @BeforeEach
  void start() throws Exception {
    Endpoint endpoint = Endpoint.of("unix://" + directory.resolve("csi.sock"));
    server = CsiServer.start(endpoint, List.of(new Service()));
    channel = CsiChannel.to(endpoint).build();
  }

  @AfterEach
  void stop() throws Exception {
    channel.shutdownNow();
    server.stop(Duration.ofSeconds(1));
    calls.close();
  }

  @Test
  void stream_severalAnswers_arriveInOrderAndEnd() {
    call = (_, answers) -> sendAll(answers, 100, 0);

    Iterator<GetMetadataAllocatedResponse> got = ask();

    for (int n = 0; n < 100; n++) {
      assertThat(got.next().getVolumeCapacityBytes()).isEqualTo(n);
    }
    assertThat(got.hasNext()).isFalse();
    assertThat(calls.inFlight()).isZero();
  }

  private static void sendAll(
      StreamedCall.Answers<GetMetadataAllocatedResponse> answers, int count, int tuples) {
    for (int n = 0; n < count; n++) {
      var answer = GetMetadataAllocatedResponse.newBuilder().setVolumeCapacityBytes(n);
      for (int i = 0; i < tuples; i++) {
        answer.addBlockMetadata(BlockMetadata.newBuilder().setByteOffset(i).setSizeBytes(1));
      }
      answers.send(answer.build());
    }
  }

  @Test
  void stream_failureAmidIt_endsWithItsCode() {
    call =
        (_, answers) -> {
          sendAll(answers, 1, 0);
          throw new CsiException.NotFound("snapshot s is gone");
        };

    Iterator<GetMetadataAllocatedResponse> got = ask();

    assertThat(got.next().getVolumeCapacityBytes()).isZero();
    assertThat(code(got)).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(calls.inFlight()).isZero();
  }

  @Test
  void stream_callerTakesNothing_waitsWithFewAnswersInMemory() throws Exception {
    var sent = new AtomicInteger();
    call =
        (_, answers) -> {
          for (int n = 0; n < 1000; n++) {
            sendAll(answers, 1, 10_000);
            sent.incrementAndGet();
          }
        };

    Iterator<GetMetadataAllocatedResponse> got = ask();
    var _ = got.next();
    Thread.sleep(500);

    assertThat(sent.get()).isLessThan(500);
    int taken = 1;
    for (; got.hasNext(); taken++) {
      var _ = got.next();
    }
    assertThat(taken).isEqualTo(1000);
  }

  @Test
  void stream_callerGoesAway_endsTheWork() throws Exception {
    call = (_, answers) -> sendAll(answers, Integer.MAX_VALUE, 1000);
    Iterator<GetMetadataAllocatedResponse> got = ask();
    var _ = got.next();

    channel.shutdownNow();

    awaitNothingInFlight();
  }

  private void awaitNothingInFlight() throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (calls.inFlight() > 0 && System.nanoTime() < end) {
      Thread.sleep(5);
    }
    assertThat(calls.inFlight()).isZero();
  }

  /** A thread that waits for ever would be lost to all other calls. */
  @Test
  void stream_callerTakesNothingForLong_isAbortedAndCanGoOnBehindTheLastAnswer() throws Exception {
    var last = new AtomicInteger();
    call = (_, answers) -> sendUntilRefused(answers, last);

    Iterator<GetMetadataAllocatedResponse> got = ask();
    var _ = got.next();
    awaitNothingInFlight();

    assertAborted(got, last.get(), "the caller took no answer for 2 s");
  }

  @Test
  void stream_driverStopsMeanwhile_isAbortedAndCanGoOnBehindTheLastAnswer() throws Exception {
    var last = new AtomicInteger();
    call =
        (_, answers) -> {
          Thread.currentThread().interrupt();
          sendUntilRefused(answers, last);
        };

    Iterator<GetMetadataAllocatedResponse> got = ask();
    var _ = got.next();
    awaitNothingInFlight();

    assertAborted(got, last.get(), "the driver is stopping");
  }

  private static void sendUntilRefused(
      StreamedCall.Answers<GetMetadataAllocatedResponse> answers, AtomicInteger last) {
    for (int n = 1; n < 1000; n++) {
      sendAll(answers, 1, 10_000);
      last.set(n);
    }
  }

  /** All that was sent arrives, and the refusal behind it. */
  private static void assertAborted(Iterator<?> answers, int sent, String why) {
    assertThat(sent).isLessThan(999);
    for (int n = 1; n < sent; n++) {
      var _ = answers.next();
    }
    assertThatThrownBy(answers::hasNext)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.ABORTED))
        .hasMessageContaining(why)
        .hasMessageContaining("go on behind the last one");
  }

  @Test
  void stream_whenDraining_isRefused() throws Exception {
    calls.drain(Duration.ZERO);

    assertThat(code(ask())).isEqualTo(Status.Code.UNAVAILABLE);
  }

  private Iterator<GetMetadataAllocatedResponse> ask() {
    return SnapshotMetadataGrpc.newBlockingStub(channel).getMetadataAllocated(REQUEST);
  }

  private static Status.Code code(Iterator<?> answers) {
    try {
      var _ = answers.hasNext();
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }
}
