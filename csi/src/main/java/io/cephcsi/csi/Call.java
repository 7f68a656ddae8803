package io.cephcsi.csi;

import com.google.protobuf.Message;

/**
 * How one RPC is answered, on a thread that may block. It can be repeated at any point: what is
 * made already or gone already is a normal end. A refusal is a {@link CsiException}; any other
 * exception is answered as INTERNAL.
 *
 * @param <Q> the request
 * @param <A> the answer
 */
@FunctionalInterface
public interface Call<Q extends Message, A extends Message> {
  A answer(Q request);
}
