package io.cephcsi.cluster;

import com.google.protobuf.Message;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.CommandFailed;
import java.io.UncheckedIOException;

/** What failures of this node's tools and files mean to a CSI client. */
public final class NodeFailures {
  private NodeFailures() {}

  /** The call, with what the node's tools, files and Ceph refuse told as refusals. */
  public static <Q extends Message, A extends Message> Call<Q, A> told(Call<Q, A> call) {
    Call<Q, A> cephTold = CephFailures.told(call);
    return request -> {
      try {
        return cephTold.answer(request);
      } catch (CommandFailed e) {
        throw new CsiException.FailedPrecondition(
            String.valueOf(e.getMessage()) + "; mend that on this node, the call can be repeated");
      } catch (UncheckedIOException e) {
        throw new CsiException.Unavailable(
            "this node's files refuse (%s): %s; see its disks, their rights and the driver's mounts, the call can be repeated"
                .formatted(e.getMessage(), e.getCause()),
            e);
      }
    };
  }
}
