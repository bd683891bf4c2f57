package dev.tailtap.jvm;

/**
 * Ends the process at once, without hooks: a line for people, and the exit code. What is in the
 * journal stays, as after a kill. Any thread; does not return, but in tests.
 */
@FunctionalInterface
public interface Halt {
  /** After a fatal error; the same as the JVM's own after an OutOfMemoryError. */
  int FATAL = 3;

  void now(int exit, String line);
}
