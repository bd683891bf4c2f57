package dev.tailtap.log;

/** How a line of the log is written. Log thread only. */
interface Layout {
  /** The line with its end. */
  String of(LogLine line);
}
