package dev.tailtap.keys;

import dev.tailtap.config.KeysConfig.Required;
import dev.tailtap.keys.VirtualKey.Judgement;
import dev.tailtap.stats.Stats;
import java.security.DigestException;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Judges what requests show. A guess costs one digest at most, whatever it is, and leaves nothing
 * but a count behind. One per event loop, since a {@link MessageDigest} is not shared.
 */
public final class KeyLookup {
  private final Keyring keys;
  private final InstantSource clock;
  private final Stats stats;
  private final MessageDigest sha = KeyForm.sha256();
  private final CRC32 crc = new CRC32();
  private final byte[] text = new byte[KeyForm.LENGTH];
  private final byte[] digest = new byte[sha.getDigestLength()];
  private final Map<KeyFault, Judgement> faults = new EnumMap<>(KeyFault.class);

  /** Of an event loop whose guesses are counted there. */
  public KeyLookup(Keyring keys, Stats stats) {
    this.keys = keys;
    clock = keys.clock();
    this.stats = stats;
    for (KeyFault fault : KeyFault.values()) {
      faults.put(fault, new Judgement(null, fault));
    }
  }

  /**
   * What a request's key is.
   *
   * @param shown what begins as one does; null: nothing that it shows does
   * @param two whether it shows another one beside
   */
  public Judgement judge(String shown, boolean two, Required required) {
    Judgement said = two ? faults.get(KeyFault.TWO) : judge(shown, required);
    if (said.fault() != null) {
      stats.count(said.fault().label());
    }
    return said;
  }

  private Judgement judge(String shown, Required required) {
    KeyTable table = keys.table();
    if (table == null && (shown != null || required == Required.TRUE)) {
      return faults.get(KeyFault.NOT_LOADED);
    }
    if (shown != null) {
      return find(shown, table);
    }
    return keys.demands(required) ? faults.get(KeyFault.MISSING) : Judgement.NOT_ASKED;
  }

  private Judgement find(String shown, KeyTable table) {
    if (!KeyForm.read(shown, text, crc)) {
      return faults.get(KeyFault.MALFORMED);
    }
    sha.update(text, 0, text.length);
    try {
      sha.digest(digest, 0, digest.length);
    } catch (DigestException e) {
      throw new IllegalStateException(e);
    }
    VirtualKey key = table.find(digest);
    return key == null ? faults.get(KeyFault.UNKNOWN) : key.at(clock.millis());
  }
}
