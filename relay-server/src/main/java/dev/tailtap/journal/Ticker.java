package dev.tailtap.journal;

/** Both clocks of the machine: one that never jumps, and the one on the wall. */
interface Ticker {
  Ticker SYSTEM =
      new Ticker() {
        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        public long wallMillis() {
          return System.currentTimeMillis();
        }
      };

  long nanos();

  long wallMillis();
}
