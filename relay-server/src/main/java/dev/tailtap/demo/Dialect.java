package dev.tailtap.demo;

import java.net.URI;
import java.util.List;
import java.util.Map;

/** How one provider speaks: its paths, answers, streams and errors. Holds no state. */
interface Dialect {

  /** Paths that begin so get their errors in this dialect. */
  String prefix();

  /** Whether a call of this path is answered. */
  boolean serves(String path);

  /**
   * Understands a request; by its body alone, unless the provider puts more into the path.
   *
   * @throws tools.jackson.core.JacksonException if the body is no JSON object
   */
  default Prompt read(URI uri, byte[] body) {
    return Prompt.of(body);
  }

  /** Fields that this provider adds to an answer. */
  Map<String, String> headers(Prompt prompt);

  /** The media type of a stream. */
  default String streamType(Prompt prompt) {
    return "text/event-stream; charset=utf-8";
  }

  /** The events of a stream with their framing, in order. */
  List<String> stream(Prompt prompt);

  /** The whole answer as one JSON body. */
  String whole(Prompt prompt);

  /** An error as this provider words it. */
  String failure(int status, String message);
}
