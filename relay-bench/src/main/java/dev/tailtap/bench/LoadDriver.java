package dev.tailtap.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.bench.load.Driver;
import dev.tailtap.bench.load.LoadPlan;
import dev.tailtap.bench.load.LoadResult;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The driver's process, as seen from here. It lives through the whole run, so it stays warm. */
final class LoadDriver implements AutoCloseable {
  /** Where its provider listens, without TLS and with it. */
  record Ports(int plain, int tls) {
    int of(boolean withTls) {
      return withTls ? tls : plain;
    }
  }

  private final Process process;
  private final BufferedReader in;
  private final BufferedWriter out;
  private final Ports ports;

  private LoadDriver(Process process) throws IOException {
    this.process = process;
    this.in = process.inputReader(UTF_8);
    this.out = process.outputWriter(UTF_8);
    String ready = line("ready ");
    this.ports =
        new Ports(
            Integer.parseInt(ready.replaceAll(".* port=(\\d+).*", "$1")),
            Integer.parseInt(ready.replaceAll(".* tls-port=(\\d+).*", "$1")));
  }

  /**
   * Starts it.
   *
   * @param certificate of the provider; null: it speaks no TLS
   */
  static LoadDriver start(Machine machine, Path logs, int providerPort, Certificate certificate) {
    List<String> arguments = new ArrayList<>(List.of(String.valueOf(providerPort)));
    if (certificate != null) {
      arguments.addAll(List.of(certificate.chain().toString(), certificate.key().toString()));
    }
    List<String> flags = new ArrayList<>(List.of("-Xms1g", "-Xmx1g", "-Xmn384m"));
    flags.add("-XX:+UseSerialGC");
    flags.add("-XX:+AlwaysPreTouch");
    List<String> command = Jvm.command(flags, Driver.class.getName(), arguments);
    try {
      return new LoadDriver(
          new ProcessBuilder(machine.pinDriver(command))
              .redirectError(ProcessBuilder.Redirect.appendTo(logs.resolve("driver.log").toFile()))
              .start());
    } catch (IOException e) {
      throw new BenchException("the driver does not start: " + e.getMessage(), e);
    }
  }

  Ports ports() {
    return ports;
  }

  LoadResult run(LoadPlan plan) {
    begin(plan);
    return result();
  }

  /** Starts a load and returns once its streams are open and its window begins. */
  void begin(LoadPlan plan) {
    try {
      print("run " + plan.toLine());
      line("open");
    } catch (IOException e) {
      throw gone(e);
    }
  }

  /** Ends the window before its time. */
  LoadResult end() {
    try {
      print("end");
    } catch (IOException e) {
      throw gone(e);
    }
    return result();
  }

  LoadResult result() {
    try {
      return LoadResult.ofLine(line("result "));
    } catch (IOException e) {
      throw gone(e);
    }
  }

  private void print(String line) throws IOException {
    out.write(line);
    out.newLine();
    out.flush();
  }

  private String line(String beginning) throws IOException {
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.startsWith(beginning)) {
        return line;
      }
    }
    throw new IOException("it ended");
  }

  private static BenchException gone(IOException e) {
    return new BenchException("the driver is gone (see driver.log): " + e.getMessage(), e);
  }

  @Override
  public void close() {
    process.destroy();
  }
}
