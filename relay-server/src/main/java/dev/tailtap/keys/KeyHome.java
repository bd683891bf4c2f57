package dev.tailtap.keys;

import java.io.IOException;
import java.util.List;

/** Where keys are kept, for who gives and takes them. Blocks; a command's thread. */
public interface KeyHome {
  /** All keys. */
  List<KeyEntry> all() throws IOException;

  /** Adds a key. */
  void add(KeyEntry key) throws IOException;

  /** Changes until when a key is good, and whether it is. */
  void put(KeyEntry key) throws IOException;

  /** The one and the other, or nothing: a key that is there is changed, and another added. */
  void replace(KeyEntry former, KeyEntry next) throws IOException;
}
