package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/**
 * How usage is often read, to compare with: the last {@code data:} frame that is not {@code
 * [DONE]}, and only what stands at its root. It knows the names of all providers and the formulas
 * of ours.
 */
final class NaiveReader {
  private static final FieldTree ROOT =
      new FieldTree(
          List.of(
              FieldPath.usage("usage"),
              FieldPath.usage("usageMetadata"),
              FieldPath.id("id"),
              FieldPath.id("responseId"),
              FieldPath.model("model"),
              FieldPath.model("modelVersion"),
              FieldPath.finish("choices[].finish_reason"),
              FieldPath.finish("candidates[].finishReason"),
              FieldPath.finish("stop_reason"),
              FieldPath.finish("status")));

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
    UsageMerge merge = new UsageMerge();
    UsageScanner scanner = new UsageScanner();
    scanner.begin(ROOT, merge);
    byte[] frame = text.getBytes(UTF_8);
    scanner.feed(frame, 0, frame.length);
    scanner.end();
    return Expected.of(merge.reading(true, 1));
  }
}
