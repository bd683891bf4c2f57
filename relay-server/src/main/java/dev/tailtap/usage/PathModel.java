package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.record.CleanText;

/**
 * The model that a request's path names, as Gemini and Vertex ({@code /models/M:verb}), Bedrock
 * ({@code /model/M/verb}) and Azure ({@code /deployments/M/…}) document their endpoints.
 */
public final class PathModel {
  private static final String GOOGLE = "/models/";
  private static final String BEDROCK = "/model/";
  private static final String AZURE = "/deployments/";
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
    int google = path.indexOf(GOOGLE);
    if (google >= 0) {
      return between(path, google + GOOGLE.length(), path.lastIndexOf(':'));
    }
    int bedrock = path.indexOf(BEDROCK);
    if (bedrock >= 0) {
      // A name may be an ARN, with slashes; what is done with it is one segment.
      return between(path, bedrock + BEDROCK.length(), path.lastIndexOf('/'));
    }
    int azure = path.indexOf(AZURE);
    int start = azure + AZURE.length();
    return azure < 0 ? null : between(path, start, path.indexOf('/', start));
  }

  private static String between(String path, int start, int end) {
    if (end <= start) {
      return null;
    }
    String bytes = path.substring(start, end);
    return CleanText.of(new String(bytes.getBytes(ISO_8859_1), UTF_8), MODEL_LIMIT);
  }
}
