package dev.tailtap.usage;

import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageState;
import java.util.Map;
import java.util.Objects;

/**
 * The columns that a transcript's sidecar leads to, by the formulas of the reference on the wire
 * (section 9) and its list of sidecars to be read with care (section 9.1).
 */
public record Expected(
    Long prompt,
    Long completion,
    Long total,
    Long cached,
    Long reasoning,
    String model,
    String finish,
    String id) {

  /** What the sidecar leads to. */
  public static Expected of(Transcript transcript) {
    Map<String, Object> e = transcript.part("expected");
    Long input = (Long) e.get("input");
    Long output = (Long) e.get("output");
    Long cached = (Long) e.get("cached");
    Long reasoning = (Long) e.get("reasoning");
    Long total = (Long) e.get("total");
    @SuppressWarnings("unchecked")
    Map<String, Object> extra =
        (Map<String, Object>) (e.get("extra") == null ? Map.of() : e.get("extra"));
    switch (family(transcript)) {
      case 'B' -> input = sum(input, sum(cached, (Long) extra.get("cache_creation")));
      case 'C' -> {
        input = sum(input, (Long) extra.get("toolUsePromptTokenCount"));
        output = sum(output, reasoning);
      }
      case 'D' -> output = sum(output, reasoning);
      case 'E' -> input = sum(input, cached);
      default -> {
        boolean apart = input != null && output != null && total != null && reasoning != null;
        if (apart && reasoning > 0 && total == input + output + reasoning) {
          output = output + reasoning;
        }
      }
    }
    if (total == null && input != null && output != null) {
      total = input + output;
    }
    Object finish = e.get("finish_reason");
    return new Expected(
            input,
            output,
            total,
            cached,
            reasoning,
            (String) e.get("model"),
            finish == null ? null : finish.toString(),
            (String) e.get("id"))
        .corrected(transcript.name());
  }

  /** What the reading says in the same terms. */
  static Expected of(UsageReading reading) {
    return new Expected(
        reading.tokens().prompt(),
        reading.tokens().completion(),
        reading.tokens().total(),
        reading.tokens().cached(),
        reading.tokens().reasoning(),
        reading.responseModel(),
        reading.finishReason(),
        reading.responseId());
  }

  /** What the database says. */
  public static Expected of(Map<String, Object> row) {
    return new Expected(
        (Long) row.get("prompt_tokens"),
        (Long) row.get("completion_tokens"),
        (Long) row.get("total_tokens"),
        (Long) row.get("cached_tokens"),
        (Long) row.get("reasoning_tokens"),
        (String) row.get("response_model"),
        (String) row.get("finish_reason"),
        (String) row.get("response_id"));
  }

  /** What a whole answer's usage is: nobody's last word is that nothing at all went in or out. */
  public UsageState state() {
    if (prompt == null && completion == null && total == null) {
      return UsageState.ABSENT;
    }
    return total != null && total == 0 ? UsageState.PARTIAL : UsageState.FINAL;
  }

  private static char family(Transcript transcript) {
    String provider = transcript.provider();
    if (provider.equals("anthropic")
        || provider.equals("digitalocean-anthropic")
        || transcript.api().startsWith("invoke (Anthropic body)")) {
      return 'B';
    }
    if (transcript.api().startsWith("converse")) {
      return 'E';
    }
    return switch (provider) {
      case "gemini", "gemini-array", "vertex" -> 'C';
      case "gemini-interactions" -> 'D';
      default -> 'A';
    };
  }

  /** Section 9.1, file by file; the reasons stand there. */
  private Expected corrected(String name) {
    return switch (name) {
      case "bedrock-06" ->
          new Expected(
              prompt,
              completion,
              total,
              cached,
              reasoning,
              "claude-3-5-sonnet-20240620",
              "tool_use",
              "msg_bdrk_01UgUptJTW7LFg8dn1kcyjpz");
      case "gemini-interactions-03" -> finished("incomplete");
      case "vertex-06" -> finished("SAFETY");
      case "openai-audio-01" -> withoutId();
      case "anthropic-02" ->
          new Expected(55377L, 91L, 55468L, 55096L, reasoning, model, finish, id);
      default -> this;
    };
  }

  /** Whether the counts are the same, whatever the texts. */
  boolean hasCountsOf(Expected other) {
    return Objects.equals(prompt, other.prompt)
        && Objects.equals(completion, other.completion)
        && Objects.equals(total, other.total)
        && Objects.equals(cached, other.cached)
        && Objects.equals(reasoning, other.reasoning);
  }

  /** Where a transcript's only id is not the answer's. */
  public Expected withoutId() {
    return new Expected(prompt, completion, total, cached, reasoning, model, finish, null);
  }

  private Expected finished(String reason) {
    return new Expected(prompt, completion, total, cached, reasoning, model, reason, id);
  }

  private static Long sum(Long a, Long b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    return a + b;
  }
}
