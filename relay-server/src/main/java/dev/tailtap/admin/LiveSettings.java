package dev.tailtap.admin;

import java.time.Instant;
import java.util.List;

/** The settings of a relay that runs. Any thread that may wait for the disk; no secret is shown. */
public interface LiveSettings {
  /**
   * Reads the settings again and uses them, all of them or none.
   *
   * @param by who wants it, for the log
   */
  Reloaded reload(String by);

  /** What is in use, and what the file says now. */
  Active active();

  /** What became of a reload. */
  enum Result {
    /** The next request is treated by the new settings. */
    APPLIED,
    /** Nothing that can be changed while the relay runs is another. */
    UNCHANGED,
    /** There are mistakes; everything stays as it was. */
    REFUSED
  }

  /**
   * The answer to a reload.
   *
   * @param since when the settings in use came into use
   * @param changed keys whose values are others now
   * @param needsRestart what stays as it is until then
   * @param errors all mistakes; none unless it was refused
   * @param warnings what can be used but should be looked at
   */
  record Reloaded(
      Result result,
      String file,
      Instant since,
      List<String> changed,
      List<Difference> needsRestart,
      List<String> errors,
      List<String> warnings) {}

  /**
   * A setting that is another in the file.
   *
   * @param active its value in use; null: there is none
   * @param file its value there; null: there is none
   */
  record Difference(String key, String active, String file, boolean needsRestart) {}

  /** One setting in use. */
  record Value(String key, String text, String source) {}

  /**
   * All settings in use.
   *
   * @param differs what a reload or a restart would change
   * @param errors why the file could not be used now
   */
  record Active(
      String file,
      Instant since,
      List<Value> settings,
      List<Difference> differs,
      List<String> errors) {}
}
