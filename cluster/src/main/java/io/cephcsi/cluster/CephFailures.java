package io.cephcsi.cluster;

import static io.cephcsi.ceph.Errno.EACCES;
import static io.cephcsi.ceph.Errno.EDQUOT;
import static io.cephcsi.ceph.Errno.ENOSPC;
import static io.cephcsi.ceph.Errno.ENOTCONN;
import static io.cephcsi.ceph.Errno.EPERM;
import static io.cephcsi.ceph.Errno.EROFS;
import static io.cephcsi.ceph.Errno.ESHUTDOWN;
import static io.cephcsi.ceph.Errno.ETIMEDOUT;

import com.google.protobuf.Message;
import io.cephcsi.ceph.CephException;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.StreamedCall;

/**
 * What a failure of Ceph means to a CSI client where the call that met it gave it no meaning of its
 * own.
 */
public final class CephFailures {
  private CephFailures() {}

  /** The call, with its Ceph failures told as refusals where there is one that fits. */
  public static <Q extends Message, A extends Message> Call<Q, A> told(Call<Q, A> call) {
    return request -> {
      try {
        return call.answer(request);
      } catch (CephException e) {
        throw meaning(e);
      }
    };
  }

  /** As {@link #told(Call)}. */
  public static <Q extends Message, A extends Message> StreamedCall<Q, A> told(
      StreamedCall<Q, A> call) {
    return (request, answers) -> {
      try {
        call.answer(request, answers);
      } catch (CephException e) {
        throw meaning(e);
      }
    };
  }

  /** The refusal for an errno that means the same everywhere; others stay as they are. */
  public static RuntimeException meaning(CephException e) {
    String what = String.valueOf(e.getMessage());
    return switch (e.errno()) {
      case ETIMEDOUT, ENOTCONN, ESHUTDOWN ->
          new CsiException.Unavailable(
              what + "; see whether the cluster is healthy, the call can be repeated", e);
      case EPERM, EACCES ->
          new CsiException.PermissionDenied(
              what
                  + "; see the user's key in the secret and its %s in the cluster"
                      .formatted(e.daemon().caps()));
      case ENOSPC, EDQUOT ->
          new CsiException.ResourceExhausted(
              what + "; the pool or the cluster is full: add OSDs or raise the quota");
      case EROFS ->
          new CsiException.FailedPrecondition(
              what
                  + "; if the image is mirrored here from another cluster, promote it first (rbd mirror image promote)");
      default -> e;
    };
  }
}
