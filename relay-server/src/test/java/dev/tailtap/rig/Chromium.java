package dev.tailtap.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A headless Chromium with one page at a time, driven by its DevTools protocol. */
public final class Chromium implements AutoCloseable {
  private static final String PROGRAM = "chromium";
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Path dir;
  private final Process process;
  private final DevTools tools;
  private String context; // of the page that is open; null: none is
  private String session;

  /** Whether this machine has one. */
  public static boolean installed() {
    return ServerProgram.find(PROGRAM) != null;
  }

  /**
   * Starts it.
   *
   * @param dir which it fills with a profile
   */
  public Chromium(Path dir) throws IOException {
    this.dir = dir;
    process =
        new ProcessBuilder(
                PROGRAM,
                "--headless=new",
                "--no-sandbox", // tests may run as root, and visit nothing but themselves
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-extensions",
                "--no-first-run",
                "--hide-scrollbars",
                "--lang=en",
                "--remote-debugging-port=0",
                "--user-data-dir=" + dir.resolve("profile"),
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("chromium.log").toFile())
            .start();
    try {
      tools = new DevTools(address());
    } catch (IOException | RuntimeException failed) {
      process.destroyForcibly();
      throw failed;
    }
  }

  /** Opens a page with a session of its own, as wide as that, and goes there. */
  public void open(String url, int width, boolean dark) throws IOException {
    if (context != null) {
      tools.send(null, "Target.disposeBrowserContext", "browserContextId", context);
    }
    context = (String) tools.send(null, "Target.createBrowserContext").get("browserContextId");
    Map<?, ?> target =
        tools.send(null, "Target.createTarget", "url", "about:blank", "browserContextId", context);
    session =
        (String)
            tools
                .send(
                    null,
                    "Target.attachToTarget",
                    "targetId",
                    target.get("targetId"),
                    "flatten",
                    true)
                .get("sessionId");
    tools.send(session, "Runtime.enable");
    tools.send(session, "Log.enable");
    tools.send(session, "Page.enable");
    look(width, dark);
    tools.send(session, "Page.navigate", "url", url);
  }

  /** Makes the page as wide as that, and its colours. */
  public void look(int width, boolean dark) throws IOException {
    tools.send(
        session,
        "Emulation.setDeviceMetricsOverride",
        "width",
        width,
        "height",
        900,
        "deviceScaleFactor",
        1,
        "mobile",
        width < 500);
    tools.send(
        session,
        "Emulation.setEmulatedMedia",
        "features",
        List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light")));
  }

  /** The value of an expression as text. */
  public String evaluate(String expression) throws IOException {
    Map<?, ?> told = told(expression);
    if (told.get("exceptionDetails") != null) {
      throw new IOException(expression + ": " + told.get("exceptionDetails"));
    }
    return (String) ((Map<?, ?>) told.get("result")).get("value");
  }

  private Map<?, ?> told(String expression) throws IOException {
    return tools.send(
        session,
        "Runtime.evaluate",
        "expression",
        "String(" + expression + ")",
        "awaitPromise",
        true,
        "returnByValue",
        true);
  }

  /** Loads the page anew, and returns once the new one stands in place of the old one. */
  public void reload() throws IOException {
    evaluate("globalThis.old = true");
    tools.send(session, "Page.reload");
    await("!globalThis.old");
  }

  /**
   * Whether the expression is true now; of a page on its way to another none is, nor one that asks
   * for what a page does not have yet.
   */
  private boolean holds(String expression) throws IOException {
    try {
      Map<?, ?> told = told("Boolean(" + expression + ")");
      return told.get("exceptionDetails") == null
          && "true".equals(((Map<?, ?>) told.get("result")).get("value"));
    } catch (DevTools.Refused pageChanging) {
      return false;
    }
  }

  /** Waits until the expression is true. */
  public void await(String expression) throws IOException {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (!holds(expression)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            expression + " did not become true; " + faults() + "\n" + text("body"));
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** What people can read of the first element that matches. */
  public String text(String selector) throws IOException {
    return evaluate("document.querySelector('" + selector + "').innerText");
  }

  /** Puts a text into a field, as if it were typed. */
  public void type(String selector, String text) throws IOException {
    evaluate("document.querySelector('" + selector + "').focus()");
    tools.send(session, "Input.insertText", "text", text);
  }

  /** Presses a key and lets it go: {@code Enter}, {@code Tab}, {@code Escape}. */
  public void press(String key, int code) throws IOException {
    String text = key.equals("Enter") ? "\r" : "";
    for (String type : List.of("keyDown", "keyUp")) {
      tools.send(
          session,
          "Input.dispatchKeyEvent",
          "type",
          type,
          "key",
          key,
          "code",
          key,
          "windowsVirtualKeyCode",
          code,
          "text",
          type.equals("keyDown") ? text : "");
    }
  }

  /** Keeps a picture of the whole page. */
  public void picture(Path file) throws IOException {
    Map<?, ?> told =
        tools.send(
            session, "Page.captureScreenshot", "format", "png", "captureBeyondViewport", true);
    Files.write(file, Base64.getDecoder().decode((String) told.get("data")));
  }

  /** What went wrong in the page: exceptions, and what the browser refused or could not load. */
  public List<String> faults() {
    return Stream.of("Runtime.exceptionThrown", "Log.entryAdded")
        .flatMap(kind -> tools.events(kind).stream())
        .filter(event -> session.equals(event.get("sessionId")))
        .map(Object::toString)
        .toList();
  }

  @Override
  public void close() {
    tools.close();
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    process.onExit().join();
  }

  /** As it writes it down once it listens. */
  private String address() throws IOException {
    Path file = dir.resolve("profile/DevToolsActivePort");
    long deadline = System.nanoTime() + Patience.NANOS;
    while (!Files.exists(file) || Files.readString(file).lines().count() < 2) {
      if (System.nanoTime() > deadline || !process.isAlive()) {
        throw new IOException("no chromium: " + Files.readString(dir.resolve("chromium.log")));
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    List<String> lines = Files.readAllLines(file);
    return "ws://127.0.0.1:" + lines.get(0).strip() + lines.get(1).strip();
  }
}
