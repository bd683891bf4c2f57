package dev.tailtap.usage;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a model is called by in requests: by a member of a body, and beside it by a field of the
 * head or a parameter of the query, which some providers and gateways take before the body's.
 * Stateless.
 */
public final class ModelNames {
  /**
   * In the name of a field or a parameter: as in {@code azureml-model-deployment} and {@code
   * x-ms-model-mesh-model-name} (Azure), {@code X-Amzn-SageMaker-Target-Model}, {@code
   * x-gateway-model-name-rewrite} (Kubernetes' gateways), {@code seldon-model}, {@code
   * model-override}, {@code ?model=} (OpenAI's calls, Deepgram). Whatever divides the words, since
   * servers take an underscore for a hyphen.
   */
  private static final Pattern WORD =
      Pattern.compile("(^|[^a-z0-9])(model|deployment)(id|name)?s?([^a-z0-9]|$)");

  /** Those of SageMaker that choose one of an endpoint's models by another word. */
  private static final Set<String> FIELDS =
      Set.of(
          "x-amzn-sagemaker-target-variant",
          "x-amzn-sagemaker-target-container-hostname",
          "x-amzn-sagemaker-inference-component");

  private static final Set<String> MEMBERS = Set.of("model", "modelid", "model_id");

  private ModelNames() {}

  /** Whether a member or field of a body may be read as the model, be it by some alone. */
  static boolean isMember(String name) {
    return MEMBERS.contains(name.strip().toLowerCase(Locale.ROOT));
  }

  /**
   * The models that a request names beside its path and body, in the order of its head.
   *
   * @param query null: it has none
   */
  public static List<String> beside(HttpHeaders headers, String query) {
    List<String> models = new ArrayList<>(0);
    Iterator<Map.Entry<CharSequence, CharSequence>> fields = headers.iteratorCharSequence();
    while (fields.hasNext()) {
      Map.Entry<CharSequence, CharSequence> field = fields.next();
      if (mayBe(field.getKey())) {
        add(models, field.getKey().toString(), field.getValue().toString());
      }
    }
    if (query != null) {
      for (String parameter : query.split("[&;]", -1)) {
        int equals = parameter.indexOf('=');
        if (equals > 0) {
          String name = plain(parameter.substring(0, equals));
          add(models, name, plain(parameter.substring(equals + 1)));
        }
      }
    }
    return models;
  }

  /** Of most fields this is all that is looked at. */
  private static boolean mayBe(CharSequence field) {
    return AsciiString.containsIgnoreCase(field, "model")
        || AsciiString.containsIgnoreCase(field, "deployment")
        || AsciiString.containsIgnoreCase(field, "sagemaker");
  }

  private static void add(List<String> models, String name, String value) {
    String lower = name.strip().toLowerCase(Locale.ROOT);
    String model = value.strip();
    if (!model.isEmpty() && (WORD.matcher(lower).find() || FIELDS.contains(lower))) {
      models.add(model);
    }
  }

  private static String plain(String text) {
    try {
      return QueryStringDecoder.decodeComponent(text);
    } catch (IllegalArgumentException noEscape) {
      return text;
    }
  }
}
