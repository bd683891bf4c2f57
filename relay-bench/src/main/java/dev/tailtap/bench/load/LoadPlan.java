package dev.tailtap.bench.load;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One load: what the driver's clients and its provider do. Travels as one line of words.
 *
 * @param model names this load in the rows that a relay writes
 * @param streams open at any time; one that ends is followed by the next on its connection
 * @param events of a whole stream
 * @param intervalUs between two events of a stream
 * @param eventBytes of one event
 * @param rampMs over which the streams begin
 * @param settleMs from then to the window
 * @param windowMs in which is measured
 * @param abortPercent of streams that their client leaves half way
 * @param slowPercent of clients that read ten times a second, a little each time
 * @param tapped false: the provider declares a type of content that nobody reads along
 * @param firehose one more stream, as fast as its reader
 * @param exact compare every byte; otherwise only the marks of the events
 * @param tls the clients speak TLS
 * @param call what one call is
 * @param headers lines of a request's head beside the usual
 * @param pids processes whose CPU time is read at both ends of the window
 */
public record LoadPlan(
    String host,
    int port,
    String model,
    int streams,
    int events,
    int intervalUs,
    int eventBytes,
    int rampMs,
    int settleMs,
    int windowMs,
    int abortPercent,
    int slowPercent,
    boolean tapped,
    boolean firehose,
    boolean exact,
    boolean tls,
    Call call,
    List<String> headers,
    List<Long> pids) {

  /** With streams of another length that begin otherwise, and none of which is left or slow. */
  public LoadPlan with(int newEvents, int newRampMs, int newSettleMs, boolean withFirehose) {
    return new LoadPlan(
        host,
        port,
        model,
        streams,
        newEvents,
        intervalUs,
        eventBytes,
        newRampMs,
        newSettleMs,
        windowMs,
        0,
        0,
        tapped,
        withFirehose,
        exact,
        tls,
        call,
        headers,
        pids);
  }

  /** With other calls. */
  public LoadPlan with(Call newCall) {
    return aimed(new Aim(host, port, model, tapped, exact, tls, headers, pids), newCall);
  }

  /** With clients of which so many leave their stream half way. */
  public LoadPlan leaving(int percent) {
    return new LoadPlan(
        host,
        port,
        model,
        streams,
        events,
        intervalUs,
        eventBytes,
        rampMs,
        settleMs,
        windowMs,
        percent,
        slowPercent,
        tapped,
        firehose,
        exact,
        tls,
        call,
        headers,
        pids);
  }

  /** At something else. */
  public LoadPlan at(Aim aim) {
    return aimed(aim, call);
  }

  private LoadPlan aimed(Aim aim, Call newCall) {
    return new LoadPlan(
        aim.host,
        aim.port,
        aim.model,
        streams,
        events,
        intervalUs,
        eventBytes,
        rampMs,
        settleMs,
        windowMs,
        abortPercent,
        slowPercent,
        aim.tapped,
        firehose,
        aim.exact,
        aim.tls,
        newCall,
        aim.headers,
        aim.pids);
  }

  /** Where a load goes, and what can be asked of what is there; as in the plan. */
  public record Aim(
      String host,
      int port,
      String model,
      boolean tapped,
      boolean exact,
      boolean tls,
      List<String> headers,
      List<Long> pids) {}

  public String toLine() {
    Map<String, Object> words = new LinkedHashMap<>();
    words.put("host", host);
    words.put("port", port);
    words.put("model", model);
    words.put("streams", streams);
    words.put("events", events);
    words.put("interval-us", intervalUs);
    words.put("event-bytes", eventBytes);
    words.put("ramp-ms", rampMs);
    words.put("settle-ms", settleMs);
    words.put("window-ms", windowMs);
    words.put("abort-percent", abortPercent);
    words.put("slow-percent", slowPercent);
    words.put("tapped", tapped);
    words.put("firehose", firehose);
    words.put("exact", exact);
    words.put("tls", tls);
    words.put("kind", call.kind());
    words.put("bytes", call.bytes());
    words.put("first", call.first());
    words.put("calls", call.calls());
    words.put("usage", call.usage());
    words.put("cold", call.cold());
    words.put("resumed", call.resumed());
    words.put("headers", Words.packed(headers));
    words.put("pids", pids.stream().map(String::valueOf).collect(Collectors.joining(",")));
    return Words.line(words);
  }

  static LoadPlan ofLine(String line) {
    Words words = Words.of(line);
    String pids = words.text("pids");
    return new LoadPlan(
        words.text("host"),
        words.count("port"),
        words.text("model"),
        words.count("streams"),
        words.count("events"),
        words.count("interval-us"),
        words.count("event-bytes"),
        words.count("ramp-ms"),
        words.count("settle-ms"),
        words.count("window-ms"),
        words.count("abort-percent"),
        words.count("slow-percent"),
        words.flag("tapped"),
        words.flag("firehose"),
        words.flag("exact"),
        words.flag("tls"),
        new Call(
            Call.Kind.valueOf(words.text("kind")),
            words.count("bytes"),
            words.count("first"),
            words.count("calls"),
            words.flag("usage"),
            words.flag("cold"),
            words.flag("resumed")),
        Words.unpacked(words.text("headers")),
        pids.isEmpty()
            ? List.of()
            : List.of(pids.split(",", -1)).stream().map(Long::valueOf).toList());
  }
}
