package io.cephcsi.csi;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** The line that the log gets for each call: method, what it is about, outcome, milliseconds. */
final class CallLog {
  private final Logger log;
  private final String method;
  private final Message request;
  private final long started = System.nanoTime();

  CallLog(Logger log, String method, Message request) {
    this.log = log;
    this.method = method;
    this.request = request;
  }

  void answered() {
    log.log(Level.INFO, () -> line("OK"));
  }

  void failed(Throwable failure) {
    var status = CsiException.statusOf(failure);
    String line = line(status.getCode() + ": " + status.getDescription());
    if (failure instanceof CsiException) {
      log.log(Level.WARNING, line);
    } else {
      log.log(Level.ERROR, line, failure);
    }
  }

  private String line(String outcome) {
    long millis = (System.nanoTime() - started) / 1_000_000;
    return "ID: "
        + RequestId.current()
        + " Req-ID: "
        + subject()
        + " "
        + method
        + " "
        + outcome
        + " "
        + millis
        + " ms";
  }

  /** The id of the volume or snapshot, or the name of what is to be made. */
  private String subject() {
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
