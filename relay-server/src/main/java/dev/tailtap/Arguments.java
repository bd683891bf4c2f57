package dev.tailtap;

import dev.tailtap.config.file.Spelling;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * What the caller typed: {@code [COMMAND] [CONFIG] [--set key=value]…}, and the command's own
 * options.
 *
 * @param config null: the command's own default
 * @param overrides settings that win over the file
 * @param options of the command alone, without their hyphens; what may be said more than once, with
 *     line breaks between
 * @param words of the command alone: a file, a month, or what help is wanted for
 */
record Arguments(
    Command command,
    Path config,
    Map<String, String> overrides,
    Map<String, String> options,
    List<String> words) {
  private static final Pattern COMMAND_LIKE = Pattern.compile("[A-Za-z-]+");

  /** Arguments that say nothing that can be done; the message says why. */
  static final class Mistake extends IllegalArgumentException {
    private final List<String> path;

    /**
     * One.
     *
     * @param path the words of the command that was named before it; none: no command was
     */
    Mistake(String message, List<String> path) {
      super(message);
      this.path = path;
    }

    List<String> path() {
      return path;
    }
  }

  /**
   * Understands the arguments.
   *
   * @throws Mistake if it cannot
   */
  static Arguments parse(String[] args) {
    if (isPlainServe(args)) {
      Path config = args.length == 2 ? Path.of(args[1]) : null;
      return new Arguments(Command.SERVE, config, Map.of(), Map.of(), List.of());
    }
    try {
      return of(CommandModel.of(List.of(args)).parseArgs(args));
    } catch (ParameterException e) {
      List<String> path = path(e.getCommandLine().getCommandSpec());
      if (path.isEmpty()) {
        requireCommandOrFile(firstWord(args));
      }
      throw new Mistake(told(e), path);
    }
  }

  /**
   * How a service is started, which is to be quick: picocli's classes are of a format that no
   * archive of classes takes, and reading and checking them costs a tenth of a second.
   */
  private static boolean isPlainServe(String[] args) {
    return args.length == 0
        || (args.length <= 2
            && args[0].equals("serve")
            && (args.length == 1 || !args[1].startsWith("-")));
  }

  private static Arguments of(ParseResult whole) {
    Map<String, String> overrides = new LinkedHashMap<>();
    ParseResult result = whole;
    boolean help = false;
    boolean version = false;
    while (true) {
      for (String setting : settings(result)) {
        override(setting, overrides);
      }
      help |= result.isUsageHelpRequested();
      version |= result.isVersionHelpRequested();
      if (!result.hasSubcommand()) {
        break;
      }
      refuseWordsBefore(result);
      result = result.subcommand();
    }
    CommandSpec spec = result.commandSpec();
    if (help) {
      return new Arguments(Command.HELP, null, Map.of(), Map.of(), path(spec));
    }
    if (version) {
      return new Arguments(Command.VERSION, null, Map.of(), Map.of(), List.of());
    }
    return said(result, overrides);
  }

  private static List<String> settings(ParseResult result) {
    return result.hasMatchedOption(CommandModel.SET)
        ? result.matchedOption(CommandModel.SET).stringValues()
        : List.of();
  }

  /** Before {@code serve} nothing may be named that it should serve. */
  private static void refuseWordsBefore(ParseResult result) {
    if (!result.matchedPositionals().isEmpty()) {
      String word = result.matchedPositionals().get(0).stringValues().get(0);
      requireCommandOrFile(word);
      throw new Mistake(
          result.subcommand().commandSpec().name() + ": a command comes before its CONFIG",
          List.of());
    }
  }

  private static Arguments said(ParseResult result, Map<String, String> overrides) {
    CommandSpec spec = result.commandSpec();
    Command command = (Command) spec.userObject();
    Path config = null;
    List<String> words = new ArrayList<>();
    for (PositionalParamSpec positional : result.matchedPositionals()) {
      if (positional.paramLabel().equals("CONFIG")) {
        config = Path.of(positional.stringValues().get(0));
      } else {
        words.addAll(positional.stringValues());
      }
    }
    if (command == null && !path(spec).isEmpty()) {
      throw new Mistake(spec.name() + ": must be " + members(spec), path(spec));
    }
    if (command == null) {
      requireCommandOrFile(config == null ? "" : config.toString());
      command = Command.SERVE;
    }
    if (command == Command.HELP) {
      requireCommand(words);
    }
    Map<String, String> options = new LinkedHashMap<>();
    for (OptionSpec option : result.matchedOptions()) {
      if (!option.longestName().equals(CommandModel.SET)) {
        options.put(option.longestName().substring(2), String.join("\n", option.stringValues()));
      }
    }
    return new Arguments(command, config, overrides, options, words);
  }

  /** The words that name it. */
  private static List<String> path(CommandSpec spec) {
    List<String> path = new ArrayList<>();
    for (CommandSpec each = spec; each.parent() != null; each = each.parent()) {
      path.add(0, each.name());
    }
    return path;
  }

  /** What picocli found, as a sentence that begins with what was typed. */
  private static String told(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched) {
      String arg = unmatched.getUnmatched().get(0);
      if (arg.startsWith("-")) {
        return arg + ": not an option that is known here" + guess(arg, options(e));
      }
      Set<String> known = e.getCommandLine().getSubcommands().keySet();
      return !known.isEmpty() && e.getCommandLine().getParent() != null
          ? arg + ": must be " + members(e.getCommandLine().getCommandSpec()) + guess(arg, known)
          : arg + ": not a command, and no second CONFIG is taken";
    }
    if (e instanceof OverwrittenOptionException twice) {
      return ((OptionSpec) twice.getOverwritten()).longestName() + ": is said twice";
    }
    if (e instanceof MissingParameterException missing) {
      ArgSpec first = missing.getMissing().get(0);
      return first instanceof OptionSpec option
          ? option.longestName() + ": must be followed by " + option.paramLabel()
          : e.getCommandLine().getCommandName() + ": must be followed by " + first.paramLabel();
    }
    return e.getMessage();
  }

  /** The commands that begin with a word, each with what it has to be followed by. */
  private static String members(CommandSpec group) {
    List<String> members = new ArrayList<>();
    for (CommandLine member : group.subcommands().values()) {
      CommandSpec spec = member.getCommandSpec();
      String needs =
          spec.positionalParameters().stream()
              .filter(PositionalParamSpec::required)
              .map(word -> " " + word.paramLabel())
              .collect(Collectors.joining());
      members.add(group.name() + " " + spec.name() + needs);
    }
    String last = members.remove(members.size() - 1);
    return members.isEmpty() ? last : String.join(", ", members) + " or " + last;
  }

  private static List<String> options(ParameterException e) {
    return e.getCommandLine().getCommandSpec().options().stream()
        .map(OptionSpec::longestName)
        .toList();
  }

  /** Of what was typed the first that could be a command: no option, and no option's value. */
  private static String firstWord(String[] args) {
    Iterator<String> all = List.of(args).iterator();
    while (all.hasNext()) {
      String arg = all.next();
      if (arg.equals(CommandModel.SET) && all.hasNext()) {
        all.next();
      } else if (!arg.startsWith("-")) {
        return arg;
      }
    }
    return "";
  }

  /** A mistyped command would else be a configuration that is not there. */
  private static void requireCommandOrFile(String word) {
    if (COMMAND_LIKE.matcher(word).matches() && !Files.exists(Path.of(word))) {
      Set<String> known = CommandModel.all().getSubcommands().keySet();
      throw new Mistake(
          word + ": no such command" + guess(word, known) + " and no such file", List.of());
    }
  }

  private static void requireCommand(List<String> words) {
    CommandLine told = CommandModel.all();
    for (String word : words) {
      Set<String> known = told.getSubcommands().keySet();
      told = told.getSubcommands().get(word);
      if (told == null) {
        throw new Mistake(word + ": no such command" + guess(word, known), List.of());
      }
    }
  }

  private static String guess(String word, Collection<String> known) {
    return Spelling.nearest(word, known).map(near -> " (did you mean " + near + "?)").orElse("");
  }

  private static void override(String setting, Map<String, String> overrides) {
    int equals = setting.indexOf('=');
    if (equals <= 0) {
      throw new Mistake("--set " + setting + ": must be key=value", List.of());
    }
    overrides.put(setting.substring(0, equals).strip(), setting.substring(equals + 1).strip());
  }
}
