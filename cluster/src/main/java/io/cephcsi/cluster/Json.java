package io.cephcsi.cluster;

import com.fasterxml.jackson.databind.json.JsonMapper;

/** The reader and writer of JSON, made once: making one costs far more than using it. */
public final class Json {
  /** Safe for all threads. */
  public static final JsonMapper MAPPER = new JsonMapper();

  private Json() {}
}
