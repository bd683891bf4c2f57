package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.record.CleanText;
import java.util.List;

/**
 * The model that a request's path names, as Gemini and Vertex ({@code /models/M:verb}, {@code
 * /tunedModels/M:verb}, {@code /endpoints/M:verb}), Bedrock ({@code /model/M/verb}), Azure ({@code
 * /deployments/M/…}) and Cloudflare ({@code /ai/run/M}) document their endpoints. The fixed words
 * count in any case of their letters, since Azure takes them so.
 */
public final class PathModel {
  private static final List<String> GOOGLE = List.of("/models/", "/tunedModels/", "/endpoints/");
  private static final String BEDROCK = "/model/";
  private static final String AZURE = "/deployments/";
  private static final String CLOUDFLARE = "/ai/run/";
  private static final int MODEL_LIMIT = 256;

  private PathModel() {}

  /**
   * The model; null: the path names none.
   *
   * @param path in its normal form, escapes decoded, a character for a byte; null: there is none
   */
  public static String of(String path) {
    if (path == null) {
      return null;
    }
    for (String google : GOOGLE) {
      int at = place(path, google);
      String model = at < 0 ? null : between(path, at + google.length(), path.lastIndexOf(':'));
      if (model != null) {
        return model;
      }
    }
    int bedrock = place(path, BEDROCK);
    if (bedrock >= 0) {
      // A name may be an ARN, with slashes; what is done with it is one segment.
      return between(path, bedrock + BEDROCK.length(), path.lastIndexOf('/'));
    }
    int azure = place(path, AZURE);
    if (azure >= 0) {
      int start = azure + AZURE.length();
      return between(path, start, path.indexOf('/', start));
    }
    int cloudflare = place(path, CLOUDFLARE);
    return cloudflare < 0 ? null : between(path, cloudflare + CLOUDFLARE.length(), path.length());
  }

  /** Where words that begin with a slash stand in a path; below zero: nowhere. */
  private static int place(String path, String words) {
    int at = path.indexOf('/');
    while (at >= 0 && !path.regionMatches(true, at, words, 0, words.length())) {
      at = path.indexOf('/', at + 1);
    }
    return at;
  }

  private static String between(String path, int start, int end) {
    if (end <= start) {
      return null;
    }
    String bytes = path.substring(start, end);
    return CleanText.of(new String(bytes.getBytes(ISO_8859_1), UTF_8), MODEL_LIMIT);
  }
}
