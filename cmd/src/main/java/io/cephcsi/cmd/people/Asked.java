package io.cephcsi.cmd.people;

import java.io.IOException;
import java.util.List;

/** A command that does something. */
interface Asked {
  /** What is wrong with its options, all of it; empty when it can be run. */
  default List<String> problems() {
    return List.of();
  }

  /** Does it; gives back the exit code. */
  int answer(Screen screen) throws IOException;
}
