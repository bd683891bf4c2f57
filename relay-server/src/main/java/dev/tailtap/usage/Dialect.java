package dev.tailtap.usage;

import static dev.tailtap.usage.FieldPath.action;
import static dev.tailtap.usage.FieldPath.beside;
import static dev.tailtap.usage.FieldPath.complaint;
import static dev.tailtap.usage.FieldPath.count;
import static dev.tailtap.usage.FieldPath.each;
import static dev.tailtap.usage.FieldPath.error;
import static dev.tailtap.usage.FieldPath.finish;
import static dev.tailtap.usage.FieldPath.id;
import static dev.tailtap.usage.FieldPath.item;
import static dev.tailtap.usage.FieldPath.layer;
import static dev.tailtap.usage.FieldPath.model;
import static dev.tailtap.usage.FieldPath.peak;
import static dev.tailtap.usage.FieldPath.sum;
import static dev.tailtap.usage.FieldPath.type;
import static dev.tailtap.usage.FieldPath.usage;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The catalogue of dialects: how each is called in the settings and in the column {@code dialect},
 * and where its documents hold what a record wants. A dialect is the shape of the answers and not
 * who sends them: most vendors speak {@link #OPENAI_CHAT}.
 */
@SuppressWarnings("ImmutableEnumChecker") // Lists from List.of, and shapes that nobody changes.
public enum Dialect {
  /** Also Groq's {@code x_groq.usage}, and Moonshot's usage inside of a choice. */
  OPENAI_CHAT(
      "openai-chat",
      usage("usage"),
      usage("choices[].usage"),
      usage("x_groq.usage"),
      id("id"),
      model("model"),
      finish("choices[].finish_reason"),
      beside("service_tier"),
      error("x_groq.error")),
  OPENAI_COMPLETIONS(
      "openai-completions",
      usage("usage"),
      id("id"),
      model("model"),
      finish("choices[].finish_reason"),
      beside("service_tier")),
  OPENAI_RESPONSES(
      "openai-responses",
      usage("response.usage"),
      usage("usage"),
      id("response.id"),
      id("id"),
      model("response.model"),
      model("model"),
      finish("response.status"),
      finish("status"),
      type("type"),
      beside("response.service_tier"),
      beside("service_tier"),
      beside("response.tool_usage"),
      beside("tool_usage"),
      item("response.output[].type"),
      item("output[].type"),
      action("response.output[].action.type"),
      action("output[].action.type"),
      error("response.error")),
  OPENAI_EMBEDDINGS("openai-embeddings", usage("usage"), id("id"), model("model")),
  OPENAI_AUDIO("openai-audio", usage("usage"), type("type")),
  /** Runs of the assistants API: each step reports, and then the run as a whole. */
  OPENAI_ASSISTANTS(
      "openai-assistants",
      usage("usage"),
      id("id"),
      model("model"),
      finish("status"),
      error("last_error")),
  /** Messages, and the older complete, which reports no usage. */
  ANTHROPIC(
      "anthropic",
      layer("message.usage"),
      usage("usage"),
      id("message.id"),
      id("id"),
      model("message.model"),
      model("model"),
      finish("message.stop_reason"),
      finish("delta.stop_reason"),
      finish("stop_reason"),
      type("type")),
  /** Also Vertex, as events or as a list, and answers that are wrapped in {@code response}. */
  GEMINI(
      "gemini",
      usage("usageMetadata"),
      id("responseId"),
      model("modelVersion"),
      finish("candidates[].finishReason"),
      finish("promptFeedback.blockReason"),
      each("candidates[].groundingMetadata.webSearchQueries[]"),
      each("response.candidates[].groundingMetadata.webSearchQueries[]"),
      usage("response.usageMetadata"),
      id("response.responseId"),
      model("response.modelVersion"),
      finish("response.candidates[].finishReason")),
  GEMINI_INTERACTIONS(
      "gemini-interactions",
      usage("interaction.usage"),
      usage("metadata.usage"),
      usage("usage"),
      id("interaction.id"),
      id("id"),
      model("interaction.model"),
      model("model"),
      finish("interaction.status"),
      finish("status"),
      type("event_type")),
  /** Chat v2, and v1, which reports in {@code meta}, as embeddings and rerankings do. */
  COHERE(
      "cohere",
      usage("delta.usage"),
      usage("usage"),
      usage("response.meta.tokens"),
      usage("meta.tokens"),
      beside("response.meta.billed_units"),
      beside("response.meta.cached_tokens"),
      beside("meta.billed_units"),
      beside("meta.cached_tokens"),
      id("id"),
      id("generation_id"),
      finish("delta.finish_reason"),
      finish("finish_reason"),
      type("type"),
      error("delta.error")),
  /** Ollama's own; its other endpoint speaks openai-chat. */
  OLLAMA(
      "ollama",
      count("prompt_eval_count"),
      count("eval_count"),
      model("model"),
      finish("done_reason")),
  DASHSCOPE(
      "dashscope",
      usage("usage"),
      id("request_id"),
      finish("output.choices[].finish_reason"),
      finish("output.finish_reason")),
  /** Converse, and models invoked in their own shape, which end with a common object. */
  BEDROCK(
      "bedrock",
      usage("usage"),
      usage("metadata.usage"),
      layer("message.usage"),
      beside("amazon-bedrock-invocationMetrics"),
      beside("serviceTier"),
      beside("performanceConfig"),
      count("prompt_token_count"),
      count("generation_token_count"),
      count("inputTextTokenCount"),
      count("totalOutputTextTokenCount"),
      sum("results[].tokenCount"),
      id("message.id"),
      id("id"),
      model("message.model"),
      model("model"),
      finish("delta.stop_reason"),
      finish("stop_reason"),
      finish("stopReason"),
      finish("choices[].finish_reason"),
      finish("completions[].finish_reason"),
      finish("completions[].finishReason.reason"),
      finish("generations[].finish_reason"),
      finish("finish_reason"),
      finish("outputs[].stop_reason"),
      finish("results[].completionReason"),
      finish("completionReason"),
      type("type")),
  /** The first event reports what went in, later ones 0 there. */
  WATSONX(
      "watsonx",
      peak("results[].input_token_count"),
      peak("results[].generated_token_count"),
      model("model_id"),
      finish("results[].stop_reason")),
  /** LM Studio's own; its other endpoints speak OpenAI's dialects. */
  LM_STUDIO(
      "lmstudio", usage("result.stats"), usage("stats"), model("model_instance_id"), type("type")),
  /** Workers AI's own {@code run}. */
  CLOUDFLARE("cloudflare", usage("result.usage"), usage("usage")),
  /** Recognises the places of all the others, and of some that no path tells. */
  UNKNOWN(
      "unknown",
      // llama.cpp's own; its other endpoints speak OpenAI's dialects.
      count("tokens_evaluated"),
      count("tokens_predicted"),
      // TGI's own.
      count("details.input_length"),
      count("details.generated_tokens"),
      finish("details.finish_reason"),
      // Replicate.
      count("metrics.input_token_count"),
      count("metrics.output_token_count"),
      beside("metrics.predict_time"),
      // Vertex's embeddings.
      sum("predictions[].embeddings.statistics.token_count"),
      beside("metadata.billableCharacterCount"),
      // Mistral's reading of documents, MiniMax's speech.
      beside("usage_info"),
      beside("extra_info.usage_characters"));

  private static final List<Dialect> ALL = List.of(values());

  private final String configName;
  private final List<FieldPath> places;
  private final FieldTree tree;

  Dialect(String configName, FieldPath... places) {
    this.configName = configName;
    this.places = List.of(places);
    Stream<FieldPath> refusals =
        Stream.of(error("error"), complaint("message"), complaint("detail"));
    this.tree = new FieldTree(Stream.concat(refusals, this.places.stream()).toList());
  }

  /** The text in the settings and in the column {@code dialect}. */
  public String configName() {
    return configName;
  }

  /** The dialect of that name; null: there is none. */
  public static Dialect named(String configName) {
    for (Dialect dialect : ALL) {
      if (dialect.configName.equals(configName)) {
        return dialect;
      }
    }
    return null;
  }

  /** All names, in the order of the catalogue. */
  public static List<String> configNames() {
    return ALL.stream().map(Dialect::configName).toList();
  }

  /** Whether {@code stream_options.include_usage} may be asked of it. */
  public boolean takesStreamOptions() {
    return this == OPENAI_CHAT || this == OPENAI_COMPLETIONS;
  }

  FieldTree tree() {
    return this == UNKNOWN ? Union.TREE : tree;
  }

  /** Made on first use, when all constants are there. */
  private static final class Union {
    static final FieldTree TREE = new FieldTree(places());

    private static List<FieldPath> places() {
      List<FieldPath> all = new ArrayList<>();
      all.add(error("error"));
      all.add(complaint("detail"));
      for (Dialect dialect : ALL) {
        all.addAll(dialect.places);
      }
      all.add(complaint("message"));
      return all;
    }
  }
}
