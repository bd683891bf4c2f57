package dev.tailtap.keys;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What is kept of a virtual key. Immutable, and good as it is.
 *
 * @param id by which people, rows and the log call it; of up to 64 letters, digits, - and _
 * @param hash as {@link KeyForm#hash} makes it
 * @param tenant whose it is, in the operator's words
 * @param name what it is for; may be empty
 * @param routes names and patterns of the routes that it may take; none: all
 * @param models those of the models that it may ask for; none: all, and none at all
 * @param upstreams those of the upstreams that its calls may go to; none: all
 * @param limit the name of a limit; null: none
 * @param expires null: never
 * @param tags what the rows of its calls say beside, by name
 */
public record KeyEntry(
    String id,
    String hash,
    String tenant,
    String name,
    List<String> routes,
    List<String> models,
    List<String> upstreams,
    String limit,
    Instant expires,
    boolean disabled,
    Map<String, String> tags) {
  private static final int MOST_TAGS = 8;
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  private static final Pattern HASH = Pattern.compile("sha256:[0-9a-f]{64}");
  private static final Pattern TEXT = Pattern.compile("[^\\p{Cntrl}]{0,128}");
  private static final Pattern GLOB = Pattern.compile("[^\\s,;\\p{Cntrl}]{1,256}");
  private static final Pattern LIMIT = Pattern.compile("[a-z0-9-]{1,64}");
  private static final Pattern TAG = Pattern.compile("[a-z0-9_-]{1,64}");

  /**
   * Checks itself.
   *
   * @throws IllegalArgumentException says what is wrong, without a secret
   */
  public KeyEntry {
    demand(ID, id, "an id consists of up to 64 letters, digits, - and _");
    demand(HASH, hash, "a hash is sha256: and 64 digits of lower-case hex");
    demand(TEXT, tenant, "a tenant is a text of up to 128 characters");
    if (tenant.isBlank()) {
      throw new IllegalArgumentException("a tenant must be named");
    }
    demand(TEXT, name, "a name is a text of up to 128 characters");
    routes = globs(routes, "routes");
    models = globs(models, "models");
    upstreams = globs(upstreams, "upstreams");
    if (limit != null) {
      demand(LIMIT, limit, "the name of a limit consists of a-z, 0-9 and -");
    }
    tags = Collections.unmodifiableMap(new LinkedHashMap<>(tags));
    tags.forEach(
        (tag, value) -> {
          demand(TAG, tag, "a tag's name consists of a-z, 0-9, _ and -");
          demand(TEXT, value, "a tag is a text of up to 128 characters");
        });
    if (tags.size() > MOST_TAGS) {
      throw new IllegalArgumentException("there may be " + MOST_TAGS + " tags");
    }
  }

  /** The same key, which is good for nothing any more. */
  public KeyEntry revoked() {
    return new KeyEntry(
        id, hash, tenant, name, routes, models, upstreams, limit, expires, true, tags);
  }

  /** The same key with another end, unless its own comes before. */
  public KeyEntry until(Instant end) {
    Instant first = expires != null && expires.isBefore(end) ? expires : end;
    return new KeyEntry(
        id, hash, tenant, name, routes, models, upstreams, limit, first, disabled, tags);
  }

  /** Another key that may do the same for as long. */
  public KeyEntry successor(String otherId, String otherHash) {
    return new KeyEntry(
        otherId, otherHash, tenant, name, routes, models, upstreams, limit, expires, false, tags);
  }

  private static List<String> globs(List<String> globs, String what) {
    for (String glob : globs) {
      demand(GLOB, glob, what + " are names or patterns without blanks, commas and semicolons");
    }
    return List.copyOf(globs);
  }

  private static void demand(Pattern pattern, String text, String otherwise) {
    if (text == null || !pattern.matcher(text).matches()) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
