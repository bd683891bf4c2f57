package dev.tailtap;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * The commands as picocli has them: what each takes, and the help that says so. Made without
 * annotations, which would be looked up by reflection at each start.
 */
final class CommandModel {
  static final String SET = "--set";

  /** Of the check: say all settings. */
  static final String EXPLAIN = "explain";

  private static final String KEYS = "give callers keys of the relay's own, and take them back";
  private static final int WIDTH = 110;
  private static final IFactory FACTORY = new NothingIsMade();
  private static final List<String> ABOUT =
      List.of("Tailtap relays LLM streams byte for byte and writes one row of usage per call.");
  private static final List<String> AT_THE_END =
      List.of(
          "./relay help COMMAND says what a command takes, and its exit codes.",
          "conf/relay.properties explains every setting; docs/CONFIGURATION.md lists them.");

  /** Instead of picocli's own, which looks for Groovy in every jar, a tenth of a second long. */
  private static final class NothingIsMade implements IFactory {
    @Override
    public <K> K create(Class<K> type) {
      throw new IllegalStateException("a command line needs no " + type);
    }
  }

  private CommandModel() {}

  /** What could be meant by the arguments; to be used once. Each command takes time to be made. */
  static CommandLine of(List<String> args) {
    return of(Stream.of(Command.values()).filter(each -> args.contains(each.path().get(0))));
  }

  /** All of it. */
  static CommandLine all() {
    return of(Stream.of(Command.values()));
  }

  private static CommandLine of(Stream<Command> commands) {
    CommandSpec root = spec("./relay", null, ABOUT, List.of());
    root.addPositional(config(0));
    root.usageMessage()
        .customSynopsis("./relay [COMMAND] [CONFIG] [--set key=value]...")
        .footerHeading("%n")
        .footer(AT_THE_END.toArray(String[]::new));
    commands
        .collect(groupingBy(each -> each.path().get(0), LinkedHashMap::new, toList()))
        .forEach(
            (word, members) -> {
              boolean alone = members.get(0).path().size() == 1;
              CommandSpec spec = alone ? described(members.get(0)) : group(word, members);
              root.addSubcommand(word, new CommandLine(spec, FACTORY));
            });
    CommandLine all = new CommandLine(root, FACTORY);
    all.setExpandAtFiles(false);
    all.setInterpolateVariables(false);
    all.setUsageHelpWidth(WIDTH);
    return all;
  }

  /** The help for what the words name, or for the one command that begins so; or for all. */
  static String help(List<String> path) {
    CommandLine told = all();
    for (String word : path) {
      told = told.getSubcommands().get(word);
    }
    if (told.getSubcommands().size() == 1) {
      told = told.getSubcommands().values().iterator().next();
    }
    return told.getUsageMessage(Ansi.OFF);
  }

  /** Commands that have their first word in common. */
  private static CommandSpec group(String word, List<Command> members) {
    String about = members.size() == 1 ? members.get(0).summary() : KEYS;
    CommandSpec group = spec(word, null, List.of(about), List.of());
    for (Command member : members) {
      group.addSubcommand(member.path().get(1), new CommandLine(described(member), FACTORY));
    }
    return group;
  }

  private static CommandSpec described(Command command) {
    List<String> path = command.path();
    CommandSpec spec = spec(path.get(path.size() - 1), command, command.about(), options(command));
    positionals(command).forEach(spec::addPositional);
    spec.parser().unmatchedArgumentsAllowed(command == Command.BENCH);
    Map<String, String> exits = new LinkedHashMap<>();
    for (String line : command.exits()) {
      String[] parts = line.split("=", 2);
      exits.put(parts[0], parts[1]);
    }
    UsageMessageSpec usage = spec.usageMessage();
    usage.exitCodeListHeading("%nExit codes:%n").exitCodeList(exits);
    usage.footerHeading("%nExamples:%n");
    usage.footer(command.examples().stream().map(line -> "  " + line).toArray(String[]::new));
    return spec;
  }

  /** What all of them have. */
  private static CommandSpec spec(
      String name, Command command, List<String> about, List<OptionSpec> own) {
    CommandSpec spec = CommandSpec.wrapWithoutInspection(command, FACTORY).name(name);
    own.forEach(spec::addOption);
    boolean isRoot = name.startsWith("./");
    spec.addOption(
        option(SET, "key=value", "override one setting of the configuration; may be repeated")
            .type(String[].class)
            .build());
    spec.addOption(
        OptionSpec.builder("-h", "--help").usageHelp(true).description("this text").build());
    spec.addOption(
        OptionSpec.builder("--version")
            .versionHelp(true)
            .hidden(!isRoot)
            .description("what runs")
            .build());
    UsageMessageSpec usage = spec.usageMessage();
    usage.sortOptions(false).sortSynopsis(false).description(about.toArray(String[]::new));
    if (command != null) {
      usage.header(command.summary()); // what the list of all commands shows
      usage.sectionMap().remove(UsageMessageSpec.SECTION_KEY_HEADER);
    }
    usage
        .descriptionHeading("%n")
        .parameterListHeading("%nTakes:%n")
        .optionListHeading("%nOptions:%n")
        .commandListHeading("%nCommands:%n");
    return spec;
  }

  private static List<PositionalParamSpec> positionals(Command command) {
    return switch (command) {
      case SERVE, CHECK, RELOAD, DOCTOR, RECONCILE, KEY_ISSUE, KEY_LIST -> List.of(config(0));
      case KEY_REVOKE, KEY_ROTATE -> List.of(word("ID", "which, as the list has it"), config(1));
      case PRICES -> List.of(word("FILE", "the list: JSON or CSV"), config(1));
      case INVOICE -> List.of(word("MONTH", "which is over, as 2026-10"), config(1));
      case HELP ->
          List.of(
              PositionalParamSpec.builder()
                  .paramLabel("COMMAND")
                  .arity("0..*")
                  .type(String[].class)
                  .description("its words")
                  .build());
      case DEMO, VERSION, BENCH -> List.of();
    };
  }

  private static List<OptionSpec> options(Command command) {
    return switch (command) {
      case CHECK ->
          flags(EXPLAIN, "say every setting: its value, where it is from, what it is for");
      case RECONCILE ->
          build(
              option("--provider", "PROVIDER", "whose report: openai or anthropic; must be said"),
              option("--from", "DAY", "the first day, of UTC, as 2026-11-01; must be said"),
              option("--to", "DAY", "the day behind the last one; must be said"),
              option("--by", "KIND", "a line for each model, or each day; if not said, for both"),
              option("--tolerance", "SHARE", "difference that is none; 0.5 percent if not said"),
              option("--upstream", "NAME", "whose rows; if not said, all at the provider's host"),
              option("--file", "EXPORT", "a report that was exported, instead of asking"),
              option("--url", "URL", "where the provider's API is, if not at its own host"));
      case PRICES ->
          Stream.concat(
                  flags(
                      "apply", "write it; without it, only what would change is said",
                      "correct", "prices that differ were wrong from their beginning")
                      .stream(),
                  build(
                      option(
                          "--from", "HOUR", "since when new prices hold; if not said, this hour"),
                      option("--upstream", "NAME=PROVIDER", "the list's provider for an upstream"))
                      .stream())
              .toList();
      case INVOICE -> build(option("--tenant", "TENANT", "of one tenant; if not said, of all"));
      case KEY_ISSUE ->
          build(
              option("--tenant", "TENANT", "whose calls they are, in rows and sums; must be said"),
              option("--name", "NAME", "what it is for"),
              option("--routes", "NAMES", "the routes that it may take; if not said, all"),
              option("--models", "NAMES", "the models that it may ask for; if not said, all"),
              option("--upstreams", "NAMES", "the upstreams that it may reach; if not said, all"),
              option("--limit", "NAME", "the limit that it has"),
              option("--expires", "WHEN", "as 90d, 12h or 2027-01-31; if not said, never"),
              option("--tag", "NAME=TEXT", "what its rows say beside; may be repeated")
                  .type(String[].class));
      case KEY_ROTATE ->
          build(option("--overlap", "TIME", "how long both are good, as 24h; if not said, 0"));
      case SERVE, DEMO, RELOAD, DOCTOR, VERSION, BENCH, HELP, KEY_LIST, KEY_REVOKE -> List.of();
    };
  }

  private static OptionSpec.Builder option(String name, String label, String meaning) {
    return OptionSpec.builder(name)
        .paramLabel(label)
        .arity("1")
        .type(String.class)
        .description(meaning);
  }

  private static List<OptionSpec> build(OptionSpec.Builder... options) {
    return Stream.of(options).map(OptionSpec.Builder::build).toList();
  }

  private static List<OptionSpec> flags(String... namesAndMeanings) {
    List<OptionSpec> flags = new ArrayList<>();
    for (int i = 0; i < namesAndMeanings.length; i += 2) {
      flags.add(
          OptionSpec.builder("--" + namesAndMeanings[i])
              .arity("0")
              .type(boolean.class)
              .description(namesAndMeanings[i + 1])
              .build());
    }
    return flags;
  }

  private static PositionalParamSpec word(String label, String meaning) {
    return PositionalParamSpec.builder()
        .index("0")
        .arity("1")
        .required(true)
        .paramLabel(label)
        .type(String.class)
        .description(meaning)
        .build();
  }

  /** Behind the words of the command itself. */
  private static PositionalParamSpec config(int index) {
    return PositionalParamSpec.builder()
        .index(Integer.toString(index))
        .arity("0..1")
        .paramLabel("CONFIG")
        .type(String.class)
        .description("the file of settings; conf/relay.properties if not said")
        .build();
  }
}
