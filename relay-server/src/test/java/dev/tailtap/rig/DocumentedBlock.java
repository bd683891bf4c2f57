package dev.tailtap.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What stands as an example in a document, so that a test tries the very same. */
public final class DocumentedBlock {
  private DocumentedBlock() {}

  /** The blocks of a language in a document of docs, in their order. */
  public static List<String> all(String document, String language) throws IOException {
    Path file = Path.of(System.getProperty("tailtap.root", ".."), "docs", document);
    Pattern block = Pattern.compile("(?ms)^```" + Pattern.quote(language) + "\n(.*?)^```$");
    List<String> found = new ArrayList<>();
    for (MatchResult each : block.matcher(Files.readString(file)).results().toList()) {
      found.add(each.group(1));
    }
    return found;
  }
}
