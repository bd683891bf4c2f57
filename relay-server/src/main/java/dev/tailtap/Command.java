package dev.tailtap;

import java.util.List;

/** What the relay can be told to do, and what its help says of it. */
enum Command {
  SERVE(
      "serve",
      "relay until stopped; so does ./relay without a command",
      """
      Relays what clients send to the upstreams of the configuration, and writes a row for each call.
      SIGTERM and SIGINT stop it: streams have relay.drain-timeout to end, a second signal cuts them.
      SIGHUP has it read its configuration again.
      """,
      """
      0=stopped in order
      1=it could not start, or not stop in order; the journal keeps what was not written
      2=the arguments or the configuration are wrong; nothing started
      3=the JVM had no memory left; the journal is whole
      """,
      """
      ./relay serve /etc/tailtap/relay.properties
      ./relay --set relay.listen=0.0.0.0:8080
      """),
  DEMO(
      "demo",
      "try it: provider, relay and database, no key needed",
      """
      Starts a relay, two bundled providers and a database on this machine, streams through them, and
      shows the rows that the calls became. It goes on until it is stopped.
      """,
      """
      0=stopped in order
      1=it could not start, or not stop in order
      2=the arguments are wrong
      """,
      """
      ./relay demo
      """),
  CHECK(
      "check",
      "say what is wrong with a configuration, start nothing",
      """
      Reads the configuration and the files that it names, and says all mistakes at once. What may
      be meant, and is seldom wanted, is a warning.
      """,
      """
      0=the configuration is good
      2=the arguments or the configuration are wrong
      """,
      """
      ./relay check --explain
      ./relay check /etc/tailtap/relay.properties
      """),
  RELOAD(
      "reload",
      "have the relay that runs by a configuration read it again",
      """
      Asks the relay at the admin.listen of the configuration, with its admin.token, to read its file
      again, and says what became of it. With a mistake anywhere nothing changes.
      """,
      """
      0=what the file says is in use, but for what waits for a restart, which is named
      1=no relay answered
      2=the arguments or the configuration are wrong; nothing changed
      """,
      """
      ./relay reload /etc/tailtap/relay.properties
      """),
  DOCTOR(
      "doctor",
      "say what cannot be reached, and why calls have no usage",
      """
      Says which upstreams and whether the database can be reached, and for the calls of the last hour how
      many have no usage, why, and what to do. It runs beside a relay or without one, and changes nothing.
      """,
      """
      0=all can be reached
      1=an upstream or the database cannot
      2=the arguments or the configuration are wrong
      """,
      """
      ./relay doctor
      """),
  RECONCILE(
      "reconcile",
      "compare the rows with the provider's own usage report",
      """
      Reads what the provider counted and what the rows count, says both, and what may explain a
      difference. The report wants the key of an administrator in OPENAI_ADMIN_KEY or
      ANTHROPIC_ADMIN_KEY, unless it comes from a file.
      """,
      """
      0=each count is within the tolerance
      1=one is not, or a side could not be read
      2=the arguments or the configuration are wrong; nothing was compared
      """,
      """
      ./relay reconcile --provider openai --from 2026-11-01 --to 2026-11-02
      ./relay reconcile --provider anthropic --from 2026-11-01 --to 2026-12-01 --by day --file export.json
      """),
  PRICES(
      "prices import",
      "take over a list of prices",
      """
      Says what a list of prices would change in the database; with --apply, changes it. Taken are the
      JSON of genai-prices, that of LiteLLM, and a CSV of one's own (docs/PRICES.md).
      """,
      """
      0=said, or written
      1=the file or the database could not be read
      2=the arguments, the configuration or the prices are wrong; nothing was written
      """,
      """
      ./relay prices import data_slim.json
      ./relay prices import ours.csv --from 2026-11-01 --apply
      """),
  INVOICE(
      "invoice",
      "store what a closed month cost, and say what changed since",
      """
      Works out what a month that is over cost, stores it with the prices that made it, and prints it. Said
      again, it prints what is stored, and what would be different by now.
      """,
      """
      0=stored, or printed
      1=the database could not be read
      2=the arguments or the configuration are wrong, or the month is not over
      """,
      """
      ./relay invoice 2026-10
      ./relay invoice 2026-10 --tenant 3f9c61d2a07b4e15
      """),
  KEY_ISSUE(
      "key issue",
      "give a caller a key",
      """
      Makes a key, prints it this once, and keeps what it is good for and its hash: in the database, or in
      keys.file. Who may do what by it is said by names and patterns, in which * is any text.
      """,
      """
      0=issued
      1=where keys are kept could not be read or written
      2=the arguments or the configuration are wrong; nothing was issued
      """,
      """
      ./relay key issue --tenant acme --models gpt-4o*,o3 --expires 90d
      ./relay key issue --tenant acme --name nightly --tag team=red --tag env=test
      """),
  KEY_LIST(
      "key list",
      "say which keys there are",
      """
      Says of each key whose it is, whether it is good, and what for; the keys themselves nobody has.
      """,
      """
      0=said
      1=where keys are kept could not be read
      2=the arguments or the configuration are wrong
      """,
      """
      ./relay key list
      """),
  KEY_REVOKE(
      "key revoke",
      "have a key be good for nothing",
      """
      Relays know it within keys.refresh. What runs by it goes on to its end.
      """,
      """
      0=revoked
      1=where keys are kept could not be read or written
      2=the arguments or the configuration are wrong, or there is no such key
      """,
      """
      ./relay key revoke vk_4h2kq0zt1m
      """),
  KEY_ROTATE(
      "key rotate",
      "give a caller another key in the place of one",
      """
      Makes a key that may do the same, prints it this once, and has the former end after a time in which
      both are good.
      """,
      """
      0=issued, and the former has an end
      1=where keys are kept could not be read or written
      2=the arguments or the configuration are wrong, or there is no such key; nothing was issued
      """,
      """
      ./relay key rotate vk_4h2kq0zt1m --overlap 24h
      """),
  BENCH(
      "bench",
      "measure it beside nginx and HAProxy (in the repository alone)",
      """
      Is built and run by the launcher of the repository, where ./relay bench --help says more; the archive
      does not have it.
      """,
      """
      0=measured
      2=it is not here
      """,
      """
      ./relay bench --quick
      """),
  VERSION(
      "version",
      "say what runs",
      """
      Says the version of the relay, of Java and of Netty, and which transport moves the bytes.
      """,
      """
      0=said
      """,
      """
      ./relay version
      """),
  HELP(
      "help",
      "say how a command is used",
      """
      Says what a command does and what it takes; without one, which there are. COMMAND --help says the same.
      """,
      """
      0=said
      2=there is no such command
      """,
      """
      ./relay help prices import
      """);

  private final String path;
  private final String summary;
  private final String about;
  private final String exits;
  private final String examples;

  /**
   * One of them.
   *
   * @param path the words that name it
   * @param summary a line for the list of all
   * @param exits a line for each exit code, {@code code=meaning}
   */
  Command(String path, String summary, String about, String exits, String examples) {
    this.path = path;
    this.summary = summary;
    this.about = about;
    this.exits = exits;
    this.examples = examples;
  }

  /** The words that name it: mostly one. */
  List<String> path() {
    return List.of(path.split(" ", -1));
  }

  String summary() {
    return summary;
  }

  List<String> about() {
    return about.lines().toList();
  }

  List<String> exits() {
    return exits.lines().toList();
  }

  List<String> examples() {
    return examples.lines().toList();
  }
}
