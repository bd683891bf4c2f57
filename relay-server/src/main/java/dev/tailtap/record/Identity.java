package dev.tailtap.record;

/**
 * Whose a request is, as the relay itself knows it: what its row and its limits go by. Immutable,
 * and the same for the whole of an exchange.
 *
 * @param tenant that of its virtual key, else a fingerprint of what its caller shows; null: it
 *     shows nothing
 * @param virtualKey the id of its virtual key, never the key; null: it shows none
 * @param limit the name of a limit that its virtual key has; null: it has none
 */
public record Identity(String tenant, String virtualKey, String limit) {
  /** Of a request that shows nothing. */
  public static final Identity NONE = new Identity(null, null, null);

  /** Of one that shows no virtual key. */
  public static Identity of(String tenant) {
    return tenant == null ? NONE : new Identity(tenant, null, null);
  }
}
