package io.cephcsi.cluster;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.CsiException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What comes of monitors that answer something else than is asked for, and of Ceph's errnos. */
class StrangeAnswersTest {
  /** Answers each question with a text that is no JSON. */
  private static final class Babel implements Cluster {
    @Override
    public String fsid() {
      return "babel";
    }

    @Override
    public String clientAddresses() {
      return "";
    }

    @Override
    public Optional<Long> poolId(String name) {
      return Optional.empty();
    }

    @Override
    public Optional<String> poolName(long id) {
      return Optional.empty();
    }

    @Override
    public Pool openPool(String name, String namespace) {
      throw new CephException(Errno.ENOENT, "open pool " + name);
    }

    @Override
    public Pool openPool(long id, String namespace) {
      throw new CephException(Errno.ENOENT, "open pool " + id);
    }

    @Override
    public String managerCommand(String json, Duration timeout, Runnable whileSilent) {
      return "{";
    }

    @Override
    public String monitorCommand(String json) {
      return "{";
    }

    @Override
    public String metadataServerCommand(String server, String json) {
      return "{";
    }

    @Override
    public void close() {}
  }

  static Stream<Consumer<Cluster>> questions() {
    return Stream.of(
        Blocklist::of,
        ClusterHealth::of,
        RoomLeft::inCluster,
        cluster -> RoomLeft.inPool(cluster, "one", "pool"));
  }

  @ParameterizedTest
  @MethodSource("questions")
  void answerThatIsNoJson_isUnavailable(Consumer<Cluster> question) {
    try (var babel = new Babel()) {
      assertThatThrownBy(() -> question.accept(babel))
          .isInstanceOf(CsiException.Unavailable.class)
          .hasMessageContaining("is not JSON");
    }
  }

  @Test
  void errno_hasAMeaningAndARemedy() {
    told(Errno.ETIMEDOUT, CsiException.Unavailable.class, "see whether the cluster is healthy");
    told(Errno.EACCES, CsiException.PermissionDenied.class, "see the user's key in the secret");
    told(Errno.ENOSPC, CsiException.ResourceExhausted.class, "add OSDs or raise the quota");
    told(Errno.EROFS, CsiException.FailedPrecondition.class, "promote it first");
    told(Errno.EIO, CephException.class, "write x: input/output error");
  }

  private static void told(int errno, Class<?> type, String remedy) {
    assertThatThrownBy(
            () -> {
              throw CephFailures.meaning(new CephException(errno, "write x"));
            })
        .isInstanceOf(type)
        .hasMessageContaining("write x")
        .hasMessageContaining(remedy);
  }
}
