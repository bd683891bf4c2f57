package dev.tailtap.limits;

import dev.tailtap.config.LimitConfig.Facet;

/**
 * What limits know of a call; an absent one is null. One thread at a time: it is used again for
 * another call once this one is over.
 */
public final class Facets {
  private String tenant;
  private String key;
  private String limit;
  private String model;
  private String upstream;
  private String route;
  private boolean modelUnread;
  private long maxTokens;

  Facets() {}

  /**
   * Of a call.
   *
   * @param tenant as its rows name its caller
   * @param key the id of the caller's virtual key
   * @param limit the name of a limit that this key is under
   * @param model that is asked for
   * @param upstream that it goes to first
   * @param maxTokens how many the body says that the answer may have; -1: it does not say
   */
  public void set(
      String tenant,
      String key,
      String limit,
      String model,
      String upstream,
      String route,
      long maxTokens) {
    this.tenant = tenant;
    this.key = key;
    this.limit = limit;
    this.model = model;
    this.upstream = upstream;
    this.route = route;
    this.maxTokens = maxTokens;
    modelUnread = false;
  }

  /** Its body may ask for any model: nobody could read which. Each glob of models matches then. */
  public void modelUnread() {
    modelUnread = true;
  }

  boolean mayBeAnyModel() {
    return modelUnread;
  }

  /** Of none, so that nothing is kept. */
  void clear() {
    set(null, null, null, null, null, null, -1);
  }

  String of(Facet facet) {
    return switch (facet) {
      case TENANT -> tenant;
      case KEY -> key;
      case MODEL -> model;
      case UPSTREAM -> upstream;
      case ROUTE -> route;
    };
  }

  /** The name of the limit that the caller's key is under. */
  String limit() {
    return limit;
  }

  long maxTokens() {
    return maxTokens;
  }
}
