package dev.tailtap.prices;

import dev.tailtap.store.Price;
import java.math.BigDecimal;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads LiteLLM's {@code model_prices_and_context_window.json}: one flat object of models, whose
 * prices are per token and have the tier and the step of the prompt in their names. It has no
 * dates. Only providers that stand behind an upstream are taken.
 */
final class LitellmPrices {
  private static final Map<String, String> TOKENS =
      Map.of(
          "input_cost_per_token", "input",
          "output_cost_per_token", "output",
          "cache_read_input_token_cost", "cache_read",
          "cache_creation_input_token_cost", "cache_write",
          "cache_creation_input_token_cost_above_1hr", "cache_write_1h",
          "output_cost_per_reasoning_token", "reasoning",
          "input_cost_per_audio_token", "audio_in",
          "output_cost_per_audio_token", "audio_out",
          "input_cost_per_image_token", "image_in",
          "output_cost_per_image_token", "image_out");
  private static final Map<String, String> UNITS =
      Map.of(
          "input_cost_per_second", "seconds",
          "output_cost_per_image", "images",
          "input_cost_per_query", "search_units",
          "ocr_cost_per_page", "pages",
          "input_cost_per_character", "characters");
  private static final Map<String, String> WIDER =
      Map.of(
          "audio_in", "input", "image_in", "input", "audio_out", "output", "image_out", "output");

  /** Where the providers of the list are asked; a beginning of their names. */
  private static final Map<String, String> HOSTS =
      Map.ofEntries(
          Map.entry("openai", "api.openai.com"),
          Map.entry("anthropic", "api.anthropic.com"),
          Map.entry("gemini", "generativelanguage.googleapis.com"),
          Map.entry("vertex_ai", "aiplatform.googleapis.com"),
          Map.entry("bedrock", "bedrock-runtime."),
          Map.entry("azure", ".azure.com"),
          Map.entry("mistral", "api.mistral.ai"),
          Map.entry("groq", "api.groq.com"),
          Map.entry("deepseek", "api.deepseek.com"),
          Map.entry("xai", "api.x.ai"),
          Map.entry("cohere", "api.cohere."),
          Map.entry("openrouter", "openrouter.ai"),
          Map.entry("together_ai", "api.together."),
          Map.entry("fireworks_ai", "api.fireworks.ai"),
          Map.entry("perplexity", "api.perplexity.ai"),
          Map.entry("cerebras", "api.cerebras.ai"));

  private static final Pattern STEP = Pattern.compile("_above_(\\d{1,12})k_tokens");
  private static final Pattern TIER = Pattern.compile("_(batches|flex|priority)$");
  private static final BigDecimal MILLION = BigDecimal.valueOf(1_000_000);

  private final PriceList list;
  private final Upstreams upstreams;

  LitellmPrices(PriceList list, Upstreams upstreams) {
    this.list = list;
    this.upstreams = upstreams;
  }

  /** Reads the models; the parser stands at the beginning of their object. */
  void read(JsonParser json) {
    Set<String> seen = new LinkedHashSet<>();
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String id = json.currentName();
      json.nextToken();
      Map<?, ?> model = JsonTree.object(JsonTree.read(json));
      if (!id.equals("sample_spec") && model.get("litellm_provider") instanceof String provider) {
        for (String upstream : upstreams.of(provider, url -> isAt(provider, url))) {
          model(upstream, bare(id, provider), model, seen);
        }
      }
    }
  }

  private static boolean isAt(String provider, String url) {
    return HOSTS.entrySet().stream()
        .anyMatch(host -> provider.startsWith(host.getKey()) && url.contains(host.getValue()));
  }

  /** The list puts the name of the provider before many ids, which the provider does not. */
  private static String bare(String id, String provider) {
    int slash = id.indexOf('/');
    boolean named = slash > 0 && provider.startsWith(id.substring(0, slash));
    return (named ? id.substring(slash + 1) : id).toLowerCase(Locale.ROOT);
  }

  private void model(String upstream, String id, Map<?, ?> model, Set<String> seen) {
    if (id.contains("%") || id.isEmpty() || !seen.add(upstream + " " + id)) {
      list.omit("models that are there twice or have no plain id");
      return;
    }
    Set<Long> steps = new TreeSet<>(Set.of(-1L));
    Set<String> tiers = new TreeSet<>(Set.of(""));
    for (Object each : model.keySet()) {
      Name name = Name.of(String.valueOf(each));
      if (TOKENS.containsKey(name.kind()) && model.get(each) != null) {
        steps.add(name.step());
        tiers.add(name.tier());
      }
    }
    for (String tier : tiers) {
      for (long step : steps) {
        price(
            new Price.Key(Price.Key.LIST, upstream, id, tier(tier), "", "", -1, false),
            tier,
            step,
            model);
      }
    }
  }

  private static String tier(String suffix) {
    return suffix.equals("batches") ? "batch" : suffix;
  }

  private void price(Price.Key key, String tier, long above, Map<?, ?> model) {
    Steps step = Steps.above(above);
    if (step == null) {
      list.mistake(key.model() + ": the sums know no step at " + above + " tokens");
      return;
    }
    Amounts amounts = new Amounts();
    for (Map.Entry<String, String> kind : TOKENS.entrySet()) {
      BigDecimal amount = amount(key.model(), kind.getKey(), tier, above, model);
      if (amount != null) {
        amounts.token(kind.getValue(), amount.multiply(MILLION));
      }
    }
    boolean none = amounts.isEmpty();
    amounts.inherit(WIDER);
    for (Map.Entry<String, String> unit : UNITS.entrySet()) {
      if (model.get(unit.getKey()) instanceof BigDecimal amount) {
        amounts.unit(unit.getValue(), amount);
      }
    }
    if (JsonTree.object(model.get("search_context_cost_per_query"))
            .get("search_context_size_medium")
        instanceof BigDecimal amount) {
      amounts.unit("web_searches", amount);
    }
    if (amounts.isNegative()) {
      list.mistake(key.model() + ": a price is negative");
    } else if (!amounts.isEmpty() && !(none && !tier.isEmpty())) {
      Price.Key stepped =
          new Price.Key(
              key.rank(),
              key.upstream(),
              key.model(),
              key.tier(),
              "",
              "",
              step.over(),
              step.inclusive());
      list.add(amounts.price(stepped, null, null, "USD", list.source()));
    }
  }

  /**
   * The price of a kind in a tier above a step: of the step, else of the base; a tier that does not
   * name the kind at all has no price of it.
   */
  private BigDecimal amount(String id, String kind, String tier, long above, Map<?, ?> model) {
    BigDecimal found = null;
    long highest = -2;
    for (Object each : model.keySet()) {
      Name name = Name.of(String.valueOf(each));
      if (name.kind().equals(kind)
          && name.tier().equals(tier)
          && name.step() <= above
          && name.step() > highest
          && model.get(each) != null) {
        if (model.get(each) instanceof BigDecimal amount) {
          found = amount;
          highest = name.step();
        } else {
          list.mistake(id + ": " + each + " is no number");
        }
      }
    }
    return found;
  }

  /** The parts of a price's name. */
  private record Name(String kind, long step, String tier) {
    static Name of(String text) {
      Matcher tier = TIER.matcher(text);
      String bare = tier.replaceFirst("");
      Matcher step = STEP.matcher(bare);
      return new Name(
          step.replaceFirst(""),
          step.reset().find() ? Long.parseLong(step.group(1)) * 1_000 : -1,
          tier.reset().find() ? tier.group(1) : "");
    }
  }
}
