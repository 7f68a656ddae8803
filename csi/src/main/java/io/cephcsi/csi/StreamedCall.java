package io.cephcsi.csi;

import com.google.protobuf.Message;

/**
 * As {@link Call}, of an RPC with any number of answers.
 *
 * @param <Q> the request
 * @param <A> an answer
 */
@FunctionalInterface
public interface StreamedCall<Q extends Message, A extends Message> {
  /** Sends all answers; when it returns, the caller knows that it has them all. */
  void answer(Q request, Answers<A> answers);

  /** Where answers go. */
  interface Answers<A> {
    /**
     * Sends one, when the caller has taken enough of those before.
     *
     * @throws CsiException.Aborted when the caller went away, or takes none for too long
     */
    void send(A answer);

    /**
     * For long work between two answers.
     *
     * @throws CsiException.Aborted when the caller went away
     */
    void requireCaller();
  }
}
