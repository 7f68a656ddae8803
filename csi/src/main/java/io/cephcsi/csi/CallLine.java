package io.cephcsi.csi;

import org.jspecify.annotations.Nullable;

/**
 * A line of the log about a call; the log gets it as the parameter of its message, so that it can
 * be written as text or field by field.
 *
 * @param number the call's, for all lines about it
 * @param subject the id of the volume or snapshot, or the name of what is to be made; {@code -} for
 *     neither
 * @param code the gRPC code; empty while the call runs
 * @param message more for people; empty for nothing
 * @param failure what was thrown and is no refusal
 */
public record CallLine(
    long number,
    String method,
    String subject,
    String code,
    long millis,
    String message,
    @Nullable Throwable failure) {
  @Override
  public String toString() {
    String outcome = code.isEmpty() || message.isEmpty() ? code + message : code + ": " + message;
    return "ID: %d Req-ID: %s %s %s %d ms".formatted(number, subject, method, outcome, millis);
  }
}
