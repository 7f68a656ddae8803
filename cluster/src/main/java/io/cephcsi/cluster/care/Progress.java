package io.cephcsi.cluster.care;

/** Hears how far work is that may take long; from several threads. */
public interface Progress {
  /** For those who do not want to know. */
  Progress NONE =
      new Progress() {
        @Override
        public void expect(String what, long steps) {}

        @Override
        public void done(long steps) {}
      };

  /** Some work begins. */
  void expect(String what, long steps);

  /** Some steps of it are done. */
  void done(long steps);
}
