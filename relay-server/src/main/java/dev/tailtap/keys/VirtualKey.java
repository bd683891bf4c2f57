package dev.tailtap.keys;

import dev.tailtap.record.Identity;
import java.util.HexFormat;
import java.util.Map;

/** A virtual key as requests are judged by it: all that can be worked out before. Immutable. */
public final class VirtualKey {
  /** What a key is to a request that shows it. */
  public record Judgement(VirtualKey key, KeyFault fault) {
    /** Of a request that shows none and need not. */
    static final Judgement NOT_ASKED = new Judgement(null, null);
  }

  private final KeyEntry entry;
  private final byte[] hash;
  private final Identity identity;
  private final AllowList routes;
  private final AllowList models;
  private final AllowList upstreams;
  private final long expiresMillis;
  private final Judgement good = new Judgement(this, null);
  private final Judgement expired = new Judgement(this, KeyFault.EXPIRED);
  private final Judgement disabled = new Judgement(this, KeyFault.DISABLED);

  VirtualKey(KeyEntry entry) {
    this.entry = entry;
    hash = HexFormat.of().parseHex(entry.hash().substring(KeyForm.SHA_256.length()));
    identity = new Identity(entry.tenant(), entry.id(), entry.limit());
    routes = new AllowList(entry.routes());
    models = new AllowList(entry.models());
    upstreams = new AllowList(entry.upstreams());
    expiresMillis = entry.expires() == null ? Long.MAX_VALUE : entry.expires().toEpochMilli();
  }

  /** By which people, rows and the log call it. */
  public String id() {
    return entry.id();
  }

  /** Whose its requests are. */
  public Identity identity() {
    return identity;
  }

  /** What the rows of its calls say beside, by name. */
  public Map<String, String> tags() {
    return entry.tags();
  }

  public boolean mayTake(String route) {
    return routes.allows(route);
  }

  /** Whether there are models that it may not ask for. */
  public boolean restrictsModels() {
    return models.restricts();
  }

  /** Whether it may ask for a model, in the words of the request. */
  public boolean mayAskFor(String model) {
    return models.allows(model);
  }

  public boolean mayReach(String upstream) {
    return upstreams.allows(upstream);
  }

  /** What it is at a time, in milliseconds since 1970. */
  Judgement at(long nowMillis) {
    return entry.disabled() ? disabled : nowMillis >= expiresMillis ? expired : good;
  }

  byte[] hash() {
    return hash;
  }

  /** Its id alone. */
  @Override
  public String toString() {
    return id();
  }
}
