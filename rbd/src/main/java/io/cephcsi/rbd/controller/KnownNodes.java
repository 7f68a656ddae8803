package io.cephcsi.rbd.controller;

/** Who knows which nodes there are. */
public interface KnownNodes {
  /** Where nobody knows, and every name may be a node's. */
  KnownNodes ANY = _ -> true;

  /** Whether a node of that name may be there; true also when that cannot be found out now. */
  boolean mayHave(String nodeId);
}
