package dev.tailtap.micro;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.ProfilersFailedException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * The command that runs the micro benchmarks: all, or those whose name a pattern finds. It writes
 * JMH's JSON and says what got slower since the results that were kept. {@code --smoke} runs each
 * once, for a moment and in this process, only to see that it works.
 */
public final class Micro {
  static final String USAGE =
      """
      usage: micro [--smoke] [--out FILE] [--against FILE] [--dir DIR] [--async LIBRARY] [PATTERN...]
        --smoke          each benchmark once, for 10 ms, without a fork: shows that it works, no more
        --out FILE       JMH's results as JSON (micro.json in the temporary directory)
        --against FILE   results to compare with (relay-bench/results/micro.json, if it is there)
        --dir DIR        where benchmarks write their files: a real disk (the temporary directory)
        --async LIBRARY  libasyncProfiler.so, for flame graphs in "flames" beside the results
        PATTERN          a regular expression on benchmark names; several are alternatives
      """;

  private final MicroOptions options;

  Micro(MicroOptions options) {
    this.options = options;
  }

  public static void main(String[] args) throws IOException, RunnerException {
    MicroOptions options;
    try {
      options = MicroOptions.parse(args);
    } catch (IllegalArgumentException mistake) {
      System.err.println("micro: " + mistake.getMessage());
      System.err.print(USAGE);
      System.exit(2);
      return;
    }
    try {
      new Micro(options).run().forEach(System.out::println);
    } catch (NoBenchmarksException none) {
      System.err.println("micro: no benchmark has a name like " + options.patterns());
      System.exit(2);
    } catch (ProfilersFailedException mistake) {
      System.err.println("micro: async-profiler does not work: " + root(mistake).getMessage());
      System.exit(2);
    }
  }

  private static Throwable root(Throwable mistake) {
    return mistake.getCause() == null ? mistake : root(mistake.getCause());
  }

  /** Runs; what there is to say about the results, line by line. */
  List<String> run() throws IOException, RunnerException {
    System.setProperty("tailtap.bench.dir", options.dir().toString());
    Files.createDirectories(options.dir());
    Files.createDirectories(options.out().getParent());
    Collection<RunResult> results = new Runner(jmhOptions().build()).run();
    List<String> lines = new ArrayList<>();
    lines.add(results.size() + " results in " + options.out());
    if (options.asyncLibrary() != null) {
      lines.add("flame graphs in " + options.flames());
    }
    if (!options.smoke() && Files.exists(options.against())) {
      lines.addAll(Comparison.of(Score.read(options.against()), Score.read(options.out())));
    }
    return lines;
  }

  /** The ways of a stream that this machine has; for a smoke test one of each kind. */
  private String[] ways() {
    Stream<String> relays = Stream.of("relay-io_uring", "relay-nio", "untapped-epoll");
    Stream<String> always = Stream.of("direct", "plain-epoll", "relay-epoll");
    return Stream.concat(always, options.smoke() ? Stream.of() : relays)
        .filter(way -> Epoll.isAvailable() || !way.endsWith("epoll"))
        .filter(way -> IoUring.isAvailable() || !way.endsWith("io_uring"))
        .toArray(String[]::new);
  }

  private ChainedOptionsBuilder jmhOptions() {
    ChainedOptionsBuilder jmh =
        new OptionsBuilder()
            .shouldFailOnError(true)
            .shouldDoGC(!options.smoke())
            .param("way", ways())
            .resultFormat(ResultFormatType.JSON)
            .result(options.out().toString())
            .jvmArgsAppend("-Dtailtap.bench.dir=" + options.dir(), "-Xmx1g");
    options.patterns().forEach(jmh::include);
    if (options.smoke()) {
      TimeValue moment = TimeValue.milliseconds(10);
      jmh.forks(0).warmupIterations(0).measurementIterations(1).measurementTime(moment);
    } else {
      jmh.addProfiler(GCProfiler.class);
    }
    if (options.asyncLibrary() != null) {
      String where = "libPath=" + options.asyncLibrary() + ";dir=" + options.flames();
      jmh.addProfiler("async", where + ";output=flamegraph");
    }
    return jmh;
  }
}
