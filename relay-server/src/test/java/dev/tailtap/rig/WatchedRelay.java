package dev.tailtap.rig;

import dev.tailtap.Main;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The relay's main with an eye on it: for each byte on standard input it says what it sees. */
public final class WatchedRelay {
  /**
   * What was seen right after a collection.
   *
   * @param leaks resources that were not released since the last look
   * @param directBytes what Netty holds outside the heap, its caches included
   */
  public record Look(int leaks, long directBytes) {
    private static final Pattern LINE = Pattern.compile("look leaks=(\\d+) direct=(\\d+)");

    static Look parse(String line) {
      Matcher said = LINE.matcher(line);
      if (!said.find()) {
        throw new AssertionError(line);
      }
      return new Look(Integer.parseInt(said.group(1)), Long.parseLong(said.group(2)));
    }
  }

  private WatchedRelay() {}

  public static void main(String[] args) throws InterruptedException {
    Thread watch = new Thread(WatchedRelay::watch, "watch");
    watch.setDaemon(true);
    watch.start();
    Main.main(args);
  }

  private static void watch() {
    try {
      while (System.in.read() >= 0) {
        List<String> leaks = LeakWatch.leaks();
        leaks.forEach(System.err::println);
        long direct = PlatformDependent.usedDirectMemory();
        System.out.println("look leaks=" + leaks.size() + " direct=" + direct);
      }
    } catch (IOException | InterruptedException over) {
      // whoever asked has gone
    }
  }
}
