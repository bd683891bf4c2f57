package dev.tailtap.bench;

import java.util.Locale;

/** What can be typed behind {@code ./relay bench}, each with its line in the help. */
enum Option {
  QUICK(Group.RUN, "", "less than three minutes; with --load three to six for each"),
  SMOKE(Group.RUN, "", "half a minute; checks bytes, streams and counts, exits 1 on a mistake"),
  TARGET(Group.RUN, "HOST:PORT", "only what listens there and forwards to --provider-port"),
  PROVIDER_PORT(Group.RUN, "PORT", "of --target: where on 127.0.0.1 it forwards to"),
  TLS(Group.RUN, "", "clients of --target speak TLS"),
  LOOSE(Group.RUN, "", "--target writes frames of its own: look for the events only"),
  PID(Group.RUN, "PID", "of --target: measure its CPU time and memory"),
  OUT(Group.RUN, "DIR", "where report.html and report.md go (bench-report)"),
  HELP(Group.RUN, "", "this text"),
  LOAD(Group.RUN, "NAME,NAME", "of: " + Load.names() + " (streams)"),

  STREAMS(Group.LOAD, "N", "open at any time (500)"),
  INTERVAL(Group.LOAD, "TIME", "between two events of a stream: 20ms, 500us"),
  EVENT_BYTES(Group.LOAD, "N", "of one event (220)"),
  EVENTS(Group.LOAD, "N", "of a stream (250)"),
  WARM_UP(Group.LOAD, "TIME", "of each subject on a JVM, before the first round"),
  RAMP(Group.LOAD, "TIME", "over which the streams begin (500ms)"),
  DURATION(Group.LOAD, "TIME", "of one measurement"),
  ROUNDS(Group.LOAD, "N", "measurements of each subject"),
  ABORTS(Group.LOAD, "PERCENT", "streams that their client leaves half way (0)"),
  SLOW(Group.LOAD, "PERCENT", "clients that read ten times a second (0)"),

  ONLY(Group.SUBJECTS, "NAME,NAME", "of: " + Subjects.names()),
  ALSO(
      Group.SUBJECTS,
      "NAME=COMMAND:PORT",
      "an external gateway that listens on PORT and forwards to $PROVIDER_URL (repeatable)"),
  ALSO_HEADER(
      Group.SUBJECTS,
      "'NAME: VALUE'",
      "of requests to the --also before it; $PROVIDER_URL in it is replaced (repeatable)"),
  ALSO_RECORD(
      Group.SUBJECTS,
      "COMMAND",
      "prints ROWS TOKENS-IN TOKENS-OUT that the --also before it has recorded so far");

  private static final String ABOUT =
      """
      Measures what a relay costs, beside nginx, HAProxy and bare relays in the same run.

        ./relay bench                   the whole run, less than half an hour
        ./relay bench OPTION...         another run, as below
        ./relay bench --micro [REGEX]   the micro-benchmarks (JMH)
      """;

  /** A part of the help. */
  private enum Group {
    RUN("The run"),
    LOAD("The load"),
    SUBJECTS("The subjects");

    private final String title;

    Group(String title) {
      this.title = title;
    }
  }

  private final Group group;
  private final String value;
  private final String help;

  /** One of the group; the value is what stands for it in the help, none if it takes none. */
  Option(Group group, String value, String help) {
    this.group = group;
    this.value = value;
    this.help = help;
  }

  /**
   * Finds one by what was typed.
   *
   * @throws BenchException if there is none
   */
  static Option of(String typed) {
    for (Option option : values()) {
      if (option.toString().equals(typed)) {
        return option;
      }
    }
    throw new BenchException(typed + ": not an option that is known here; see --help");
  }

  boolean takesValue() {
    return !value.isEmpty();
  }

  /** The option as it is typed. */
  @Override
  public String toString() {
    return "--" + name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static String usage() {
    StringBuilder out = new StringBuilder(ABOUT);
    for (Group group : Group.values()) {
      out.append('\n').append(group.title).append('\n');
      for (Option option : values()) {
        if (option.group == group) {
          out.append("  %-27s %s%n".formatted(option + " " + option.value, option.help));
        }
      }
    }
    return out.toString();
  }
}
