package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/**
 * How usage is often read, to compare with: the last {@code data:} frame that is not {@code
 * [DONE]}, and only what stands at its root. It knows the names of all providers and the formulas
 * of ours.
 */
final class NaiveReader {
  private static final Shape ROOT =
      new Shape(
          List.of(
              Place.usage("usage"),
              Place.usage("usageMetadata"),
              Place.id("id"),
              Place.id("responseId"),
              Place.model("model"),
              Place.model("modelVersion"),
              Place.finish("choices[].finish_reason"),
              Place.finish("candidates[].finishReason"),
              Place.finish("stop_reason"),
              Place.finish("status")));

  private NaiveReader() {}

  static Expected read(Transcript transcript) {
    String text = new String(transcript.body(), UTF_8);
    if (transcript.kind() == BodyKind.EVENT_STREAM) {
      text =
          text.lines()
              .filter(line -> line.startsWith("data:"))
              .map(line -> line.substring(5).strip())
              .filter(data -> !data.equals("[DONE]"))
              .reduce("", (earlier, later) -> later);
    }
    Tally tally = new Tally();
    Sieve sieve = new Sieve();
    sieve.begin(ROOT, tally);
    byte[] frame = text.getBytes(UTF_8);
    sieve.feed(frame, 0, frame.length);
    sieve.end();
    return Expected.of(tally.reading(true, 1));
  }
}
