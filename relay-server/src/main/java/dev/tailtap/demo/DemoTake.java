package dev.tailtap.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One call of the demo with the answer that its provider gives, for whoever plays that provider.
 *
 * @param call what the client says
 * @param type the media type of the answer
 * @param fields further ones of its head
 * @param pieces of the answer's body: the events of a stream, or a whole
 */
public record DemoTake(
    DemoCall call, String type, Map<String, String> fields, List<String> pieces) {
  private static final String STREAM = "\"stream\":true";

  /** Each dialect, streamed and whole. A stream ends with its usage, as where it was asked for. */
  public static List<DemoTake> all() {
    List<DemoTake> takes = new ArrayList<>();
    for (DemoCall call : DemoCall.all()) {
      takes.add(of(call));
      takes.add(of(call.whole()));
    }
    return takes;
  }

  /** Whether the answer is a stream of events. */
  public boolean streamed() {
    return pieces.size() > 1;
  }

  private static DemoTake of(DemoCall call) {
    URI uri = URI.create(call.path());
    Dialect dialect = DemoCalls.dialectOf(uri.getPath());
    String asked =
        call.body().replace(STREAM, STREAM + ",\"stream_options\":{\"include_usage\":true}");
    Prompt prompt = dialect.read(uri, asked.getBytes(UTF_8));
    return prompt.streamed()
        ? new DemoTake(
            call, dialect.streamType(prompt), dialect.headers(prompt), dialect.stream(prompt))
        : new DemoTake(
            call, "application/json", dialect.headers(prompt), List.of(dialect.whole(prompt)));
  }
}
