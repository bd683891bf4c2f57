package dev.tailtap.rig;

import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test class after which a buffer, or another counted resource of Netty's, has leaked. */
public final class NoLeaks implements AfterAllCallback {
  @Override
  public void afterAll(ExtensionContext test) throws InterruptedException {
    List<String> leaks = LeakWatch.installed() ? LeakWatch.leaks() : List.of();
    if (!leaks.isEmpty()) {
      throw new AssertionError(leaks.size() + " leaks:\n" + String.join("\n\n", leaks));
    }
  }
}
