package io.cephcsi.rbd.controller;

import static io.cephcsi.rbd.controller.Controller.GIB;
import static io.cephcsi.rbd.controller.Controller.SECRETS;
import static io.cephcsi.rbd.controller.Controller.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.BlockMetadata;
import csi.v1.BlockMetadataType;
import csi.v1.CreateSnapshotRequest;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.GetMetadataAllocatedRequest;
import csi.v1.GetMetadataAllocatedResponse;
import csi.v1.GetMetadataDeltaRequest;
import csi.v1.GetMetadataDeltaResponse;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.StreamedCall.Answers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where snapshots have data, and what differs between them, on a cluster in memory. */
class SnapshotMetadataTest {
  private static final long MIB = 1L << 20;
  private static final long KIB = 1L << 10;

  @TempDir Path directory;
  private Controller controller;
  private String volume;

  @BeforeEach
  void start() throws Exception {
    controller = new Controller(directory);
    volume = controller.create("pvc-1").getVolume().getVolumeId();
  }

  @AfterEach
  void stop() {
    controller.close();
    controller.clusters.checkNothingOpen();
  }

  /** Keeps what a call sends. */
  private static final class Sent<A> implements Answers<A> {
    private final List<A> all = new ArrayList<>();

    @Override
    public void send(A answer) {
      all.add(answer);
    }

    @Override
    public void requireCaller() {}
  }

  @Test
  void allocated_isWhereDataWasWritten() {
    write(volume, 0, 8 * KIB, 1);
    write(volume, 300 * MIB, 4 * KIB, 1);
    String snapshot = snapshot("s", volume);
    write(volume, 500 * MIB, 4 * KIB, 1);

    var answers = allocated(allocatedRequest(snapshot).build());

    assertThat(answers).hasSize(1);
    assertThat(answers.getFirst().getVolumeCapacityBytes()).isEqualTo(GIB);
    assertThat(answers.getFirst().getBlockMetadataType())
        .isEqualTo(BlockMetadataType.VARIABLE_LENGTH);
    assertThat(answers.getFirst().getBlockMetadataList())
        .containsExactly(tuple(0, 8 * KIB), tuple(300 * MIB, 4 * KIB));
  }

  @Test
  void allocated_emptyVolume_stillTellsTheSize() {
    var answers = allocated(allocatedRequest(snapshot("s", volume)).build());

    assertThat(answers)
        .containsExactly(
            GetMetadataAllocatedResponse.newBuilder()
                .setBlockMetadataType(BlockMetadataType.VARIABLE_LENGTH)
                .setVolumeCapacityBytes(GIB)
                .build());
  }

  @Test
  void allocated_imageHasANewId_isOfTheNewOne() {
    String snapshot = snapshot("s", volume);
    controller.replaceImage("csi-snap-" + Controller.uuidOf(snapshot));

    assertThat(allocated(allocatedRequest(snapshot).build()).getFirst().getVolumeCapacityBytes())
        .isEqualTo(GIB);
  }

  @Test
  void allocated_ofAVolumeThatWasRestored_hasItsParentsDataToo() {
    write(volume, 10 * MIB, 4 * KIB, 1);
    String restored = restore("pvc-2", snapshot("s", volume));
    write(restored, 20 * MIB, 4 * KIB, 1);

    var answers = allocated(allocatedRequest(snapshot("t", restored)).build());

    assertThat(answers.getFirst().getBlockMetadataList())
        .containsExactly(tuple(10 * MIB, 4 * KIB), tuple(20 * MIB, 4 * KIB));
  }

  @Test
  void allocated_startAndBound_areKept() {
    controller.expand(volume, 3 * GIB);
    for (int n = 0; n < 10; n++) {
      write(volume, 300 * MIB * n, 8 * KIB, 1);
    }
    var ask = allocatedRequest(snapshot("s", volume));

    var answers = allocated(ask.setStartingOffset(300 * MIB + 4 * KIB).setMaxResults(2).build());

    assertThat(answers).allMatch(a -> a.getBlockMetadataCount() <= 2);
    assertThat(answers).allMatch(a -> a.getVolumeCapacityBytes() == 3 * GIB);
    List<BlockMetadata> tuples =
        answers.stream().flatMap(a -> a.getBlockMetadataList().stream()).toList();
    assertThat(tuples.getFirst()).isEqualTo(tuple(300 * MIB + 4 * KIB, 4 * KIB));
    assertThat(tuples).hasSize(9);
    assertThat(allocated(ask.setStartingOffset(3 * GIB).build()).getFirst().getBlockMetadataList())
        .isEmpty();
    assertThatThrownBy(() -> allocated(ask.setStartingOffset(3 * GIB + 1).build()))
        .isInstanceOf(CsiException.OutOfRange.class)
        .hasMessageContaining("" + 3 * GIB);
    assertThatThrownBy(() -> allocated(ask.setStartingOffset(-1).build()))
        .isInstanceOf(CsiException.OutOfRange.class);
    assertThatThrownBy(() -> allocated(ask.setStartingOffset(0).setMaxResults(-1).build()))
        .isInstanceOf(CsiException.InvalidArgument.class);
  }

  @Test
  void allocated_wrongSnapshot_isRefused() {
    String deleted = snapshot("s", volume);
    delete(deleted);
    assertThatThrownBy(() -> allocated(allocatedRequest("").build()))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("snapshot_id");
    for (String missing : new String[] {"nonsense", volume, deleted}) {
      assertThatThrownBy(() -> allocated(allocatedRequest(missing).build()))
          .isInstanceOf(CsiException.NotFound.class)
          .hasMessageContaining(missing);
    }
    var withoutSecrets = allocatedRequest(deleted).clearSecrets().build();
    assertThatThrownBy(() -> allocated(withoutSecrets))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("secrets");
  }

  @Test
  void delta_isWhatDiffers() {
    for (int n = 0; n < 4; n++) {
      write(volume, 100 * MIB * n, 256 * KIB, 1);
    }
    String base = snapshot("s", volume);
    write(volume, 100 * MIB, 4 * KIB, 1); // written, and still the same
    write(volume, 200 * MIB + 100 * KIB, 1, 2);
    write(volume, 700 * MIB, 4 * KIB, 1);
    String target = snapshot("t", volume);
    write(volume, 300 * MIB, 4 * KIB, 9);

    assertThat(tuples(delta(base, target)))
        .containsExactly(tuple(200 * MIB + 100 * KIB, 4 * KIB), tuple(700 * MIB, 4 * KIB));
    assertThat(tuples(delta(target, base)))
        .containsExactly(tuple(200 * MIB + 100 * KIB, 4 * KIB), tuple(700 * MIB, 4 * KIB));
    assertThat(tuples(delta(base, base))).isEmpty();
  }

  @Test
  void delta_appliedToTheBase_givesTheTarget() {
    String restored = restore("pvc-2", snapshot("s0", volume));
    var random = new Random(3);
    scribble(restored, random);
    String base = snapshot("s1", restored);
    scribble(restored, random);
    controller.expand(restored, 2 * GIB);
    write(restored, GIB + 77, 3, 5);
    String target = snapshot("s2", restored);

    assertApplied(base, target);
    flatten(base);
    assertApplied(base, target);
    flatten(target);
    assertApplied(base, target);
  }

  private void scribble(String id, Random random) {
    for (int n = 0; n < 40; n++) {
      write(id, 32 * KIB * random.nextInt(64), 1 + random.nextInt(40_000), random.nextInt(3));
    }
  }

  /** The first MiBs and the ones behind the old end: all that these tests write. */
  private void assertApplied(String base, String target) {
    for (long from : new long[] {0, GIB}) {
      byte[] content = content(base, from);
      for (var answer : delta(base, target)) {
        for (BlockMetadata tuple : answer.getBlockMetadataList()) {
          copy(content(target, from), content, tuple, from);
        }
      }
      assertThat(content).isEqualTo(content(target, from));
    }
  }

  private static void copy(byte[] from, byte[] to, BlockMetadata tuple, long offset) {
    long at = tuple.getByteOffset() - offset;
    if (at >= 0 && at < to.length) {
      System.arraycopy(from, (int) at, to, (int) at, (int) tuple.getSizeBytes());
    }
  }

  private byte[] content(String snapshot, long from) {
    byte[] content = new byte[(int) (3 * MIB)];
    try (MemoryPool pool = controller.pool();
        Image image = pool.openImageReadOnly("csi-snap-" + uuid(snapshot))) {
      if (from < image.sizeBytes()) {
        image.read(from, content);
      }
    }
    return content;
  }

  private void flatten(String snapshot) {
    try (MemoryPool pool = controller.pool();
        Image image = pool.openImage("csi-snap-" + uuid(snapshot))) {
      image.flatten();
    }
  }

  @Test
  void delta_flattenedAmidTheWork_isAborted() {
    write(volume, 0, 4 * KIB, 1);
    String base = snapshot("s", volume);
    write(volume, 0, 4 * KIB, 2);
    String target = snapshot("t", volume);
    controller
        .cluster
        .operations()
        .before(operation -> onceAt("compare with snapshot", operation, () -> flatten(base)));

    assertThatThrownBy(() -> delta(base, target))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining("flattened");
    assertThat(tuples(delta(base, target))).containsExactly(tuple(0, 4 * KIB));
  }

  private void onceAt(String prefix, String operation, Runnable action) {
    if (operation.startsWith(prefix)) {
      controller.cluster.operations().before(_ -> {});
      action.run();
    }
  }

  @Test
  void delta_notOfOneVolume_isInvalid() throws Exception {
    String one = snapshot("s", volume);
    String other = snapshot("t", controller.create("pvc-2").getVolume().getVolumeId());
    assertThatThrownBy(() -> delta(one, other))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining(one)
        .hasMessageContaining(other);

    controller.clusters.add("mon2", new MemoryCluster("rbd"));
    Files.writeString(
        controller.config,
        "[{\"clusterID\":\"one\",\"monitors\":[\"mon\"]},{\"clusterID\":\"two\",\"monitors\":[\"mon2\"]}]");
    String elsewhere = one.replace("-one-", "-two-");
    assertThatThrownBy(() -> delta(one, elsewhere)).isInstanceOf(CsiException.NotFound.class);
  }

  @Test
  void delta_missingOrWrongArguments_areRefused() {
    String one = snapshot("s", volume);
    assertThatThrownBy(() -> delta("", one))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("base_snapshot_id");
    assertThatThrownBy(() -> delta(one, ""))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("target_snapshot_id");
    assertThatThrownBy(() -> delta("nonsense", one)).isInstanceOf(CsiException.NotFound.class);
    assertThatThrownBy(() -> delta(one, "nonsense")).isInstanceOf(CsiException.NotFound.class);
    var ask = deltaRequest(one, one);
    assertThatThrownBy(() -> delta(ask.setStartingOffset(GIB + 1).build()))
        .isInstanceOf(CsiException.OutOfRange.class);
  }

  @Test
  void deletion_whileItIsRead_isAborted() {
    String one = snapshot("s", volume);
    Consumer<GetMetadataAllocatedResponse> deleting = _ -> delete(one);

    assertThatThrownBy(
            () -> controller.allocated.answer(allocatedRequest(one).build(), sending(deleting)))
        .isInstanceOf(CsiException.Aborted.class);
  }

  private static <A> Answers<A> sending(Consumer<A> action) {
    return new Answers<>() {
      @Override
      public void send(A answer) {
        action.accept(answer);
      }

      @Override
      public void requireCaller() {}
    };
  }

  private List<GetMetadataAllocatedResponse> allocated(GetMetadataAllocatedRequest request) {
    var sent = new Sent<GetMetadataAllocatedResponse>();
    controller.allocated.answer(request, sent);
    return sent.all;
  }

  private List<GetMetadataDeltaResponse> delta(String base, String target) {
    return delta(deltaRequest(base, target).build());
  }

  private List<GetMetadataDeltaResponse> delta(GetMetadataDeltaRequest request) {
    var sent = new Sent<GetMetadataDeltaResponse>();
    controller.delta.answer(request, sent);
    return sent.all;
  }

  private static List<BlockMetadata> tuples(List<GetMetadataDeltaResponse> answers) {
    return answers.stream().flatMap(a -> a.getBlockMetadataList().stream()).toList();
  }

  private static GetMetadataAllocatedRequest.Builder allocatedRequest(String snapshot) {
    return GetMetadataAllocatedRequest.newBuilder().setSnapshotId(snapshot).putAllSecrets(SECRETS);
  }

  private static GetMetadataDeltaRequest.Builder deltaRequest(String base, String target) {
    return GetMetadataDeltaRequest.newBuilder()
        .setBaseSnapshotId(base)
        .setTargetSnapshotId(target)
        .putAllSecrets(SECRETS);
  }

  private static BlockMetadata tuple(long offset, long bytes) {
    return BlockMetadata.newBuilder().setByteOffset(offset).setSizeBytes(bytes).build();
  }

  private void write(String id, long offset, long length, int value) {
    byte[] data = new byte[(int) length];
    Arrays.fill(data, (byte) value);
    try (MemoryPool pool = controller.pool();
        Image image = pool.openImage("csi-vol-" + uuid(id))) {
      image.write(offset, data);
    }
  }

  private String snapshot(String name, String source) {
    return controller
        .createSnapshot
        .answer(
            CreateSnapshotRequest.newBuilder()
                .setName(name)
                .setSourceVolumeId(source)
                .putParameters("clusterID", "one")
                .putAllSecrets(SECRETS)
                .build())
        .getSnapshot()
        .getSnapshotId();
  }

  private void delete(String snapshot) {
    controller.deleteSnapshot.answer(
        DeleteSnapshotRequest.newBuilder().setSnapshotId(snapshot).putAllSecrets(SECRETS).build());
  }

  private String restore(String name, String snapshot) {
    var source = SnapshotSource.newBuilder().setSnapshotId(snapshot);
    return controller
        .createVolume
        .answer(
            request(name)
                .setVolumeContentSource(VolumeContentSource.newBuilder().setSnapshot(source))
                .build())
        .getVolume()
        .getVolumeId();
  }

  private static String uuid(String id) {
    return id.substring(id.length() - 36);
  }
}
