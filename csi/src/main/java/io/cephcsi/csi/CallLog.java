package io.cephcsi.csi;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.Status;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the log gets of a call: a line with method, what it is about, outcome and milliseconds, one
 * more each time that it takes long, and the messages without their secrets where that is wanted.
 */
final class CallLog {
  private final Logger log;
  private final CallProgress call;

  CallLog(Logger log, CallProgress call) {
    this.log = log;
    this.call = call;
  }

  void begun() {
    trace("request", call.request());
  }

  void answered(Message answer) {
    write(Level.INFO, () -> line("OK", "", null));
    trace("answer", answer);
  }

  /** The end of a call whose answers were sent one by one. */
  void answered() {
    write(Level.INFO, () -> line("OK", "", null));
  }

  void failed(Throwable failure) {
    Status status = CsiException.statusOf(failure);
    String code = status.getCode().name();
    String message = String.valueOf(status.getDescription());
    if (failure instanceof CsiException) {
      write(Level.WARNING, () -> line(code, message, null));
    } else {
      write(Level.ERROR, () -> line(code, message, failure));
    }
  }

  void slow() {
    String phase = call.phase().map(p -> ", in phase " + p.text()).orElse("");
    write(Level.WARNING, () -> line("", "still runs" + phase, null));
  }

  private void trace(String what, Message message) {
    write(Level.TRACE, () -> line("", what + " " + Redacted.text(message), null));
  }

  private void write(Level level, Supplier<CallLine> line) {
    if (log.isLoggable(level)) {
      log.log(level, "{0}", line.get());
    }
  }

  private CallLine line(String code, String message, @Nullable Throwable failure) {
    return new CallLine(
        call.number(),
        call.rpc().method(),
        subject(call.request()),
        code,
        call.age().toMillis(),
        message,
        failure);
  }

  /** The id of the volume or snapshot, or the name of what is to be made. */
  static String subject(Message request) {
    for (String field :
        new String[] {
          "volume_id", "snapshot_id", "target_snapshot_id", "group_snapshot_id", "name"
        }) {
      FieldDescriptor found = request.getDescriptorForType().findFieldByName(field);
      if (found != null && !found.isRepeated()) {
        return String.valueOf(request.getField(found));
      }
    }
    return "-";
  }
}
