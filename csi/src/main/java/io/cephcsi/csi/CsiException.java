package io.cephcsi.csi;

import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * A call is refused. A closed set: each member is one gRPC code. The message names the value in
 * question and the remedy; it holds no secret.
 */
public abstract sealed class CsiException extends RuntimeException {
  private CsiException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** The request is wrong, whatever the state of the cluster. */
  public static final class InvalidArgument extends CsiException {
    public InvalidArgument(String message) {
      super(message, null);
    }
  }

  /** The volume, snapshot or path that the request names is not there. */
  public static final class NotFound extends CsiException {
    public NotFound(String message) {
      super(message, null);
    }
  }

  /** The name is taken by something that does not fit the request. */
  public static final class AlreadyExists extends CsiException {
    public AlreadyExists(String message) {
      super(message, null);
    }
  }

  /** Another call holds the same name, or work is still going on: ask again. */
  public static final class Aborted extends CsiException {
    public Aborted(String message) {
      super(message, null);
    }
  }

  /** Something must change before the call can do its work: a volume in use, say. */
  public static final class FailedPrecondition extends CsiException {
    public FailedPrecondition(String message) {
      super(message, null);
    }
  }

  /** A size or a token that cannot be had. */
  public static final class OutOfRange extends CsiException {
    public OutOfRange(String message) {
      super(message, null);
    }
  }

  /** No room: a full pool, a full queue. */
  public static final class ResourceExhausted extends CsiException {
    public ResourceExhausted(String message) {
      super(message, null);
    }
  }

  /** The user of the secret may not do this. */
  public static final class PermissionDenied extends CsiException {
    public PermissionDenied(String message) {
      super(message, null);
    }
  }

  /** The cluster did not answer; nobody knows whether the work was done. Ask again. */
  public static final class Unavailable extends CsiException {
    public Unavailable(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** The driver does not do this, or not with a cluster of that version. */
  public static final class Unimplemented extends CsiException {
    public Unimplemented(String message) {
      super(message, null);
    }
  }

  /** The gRPC status of any failure; what is not a refusal is INTERNAL. */
  static Status statusOf(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    return failure instanceof CsiException refusal
        ? refusal.code().toStatus().withDescription(message)
        : Status.INTERNAL.withDescription(message);
  }

  private Status.Code code() {
    return switch (this) {
      case InvalidArgument _ -> Status.Code.INVALID_ARGUMENT;
      case NotFound _ -> Status.Code.NOT_FOUND;
      case AlreadyExists _ -> Status.Code.ALREADY_EXISTS;
      case Aborted _ -> Status.Code.ABORTED;
      case FailedPrecondition _ -> Status.Code.FAILED_PRECONDITION;
      case OutOfRange _ -> Status.Code.OUT_OF_RANGE;
      case ResourceExhausted _ -> Status.Code.RESOURCE_EXHAUSTED;
      case PermissionDenied _ -> Status.Code.PERMISSION_DENIED;
      case Unavailable _ -> Status.Code.UNAVAILABLE;
      case Unimplemented _ -> Status.Code.UNIMPLEMENTED;
    };
  }
}
