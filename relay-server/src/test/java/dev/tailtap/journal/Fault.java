package dev.tailtap.journal;

/** What can be broken on purpose, to see that the simulation notices. */
enum Fault {
  NONE,
  /** A force that does nothing, as if it were never called. */
  NO_FORCE,
  /** A database without the key that makes a second row of a call vanish. */
  NO_CONFLICT,
  /** A batch that is called committed before it is, so that its segment goes too early. */
  EARLY_DELETE,
  /** Sums of what was sent instead of what was inserted. */
  ROLLUP_FROM_BATCH,
  /** A call that begins anew is written as it began before. */
  FIRST_BEGINNING,
  /** What was staged is gone with its process. */
  STAGED_IN_MEMORY
}
