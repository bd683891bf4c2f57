package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Chromium;
import java.io.IOException;
import java.util.List;

/** What any page of the dashboard has to look like. */
final class DashboardLook {
  /** The lowest contrast of any text with what is behind it, by WCAG 2.2, and where it is. */
  private static final String CONTRAST =
      """
      (() => {
        const light = (c) => c.map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
          .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const parts = (text) => text.match(/[\\d.]+/g).map(Number);
        const ground = (e) => { for (; e; e = e.parentElement) {
          const c = parts(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c.slice(0, 3); } };
        let worst = [99, ''];
        for (const e of document.querySelectorAll('body *')) {
          if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
          const [a, b] = [light(parts(getComputedStyle(e).color).slice(0, 3)), light(ground(e))];
          const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
          if (ratio < worst[0]) worst = [ratio, e.tagName + ' ' + e.className + ' ' + e.textContent.slice(0, 40)];
        }
        return worst.join(' ');
      })()""";

  private DashboardLook() {}

  /** Nothing wider than the page, nothing too faint, and nothing that the browser complained of. */
  static void isRight(Chromium browser) throws IOException {
    assertEquals(
        "true", browser.evaluate("document.documentElement.scrollWidth <= window.innerWidth"));
    String contrast = browser.evaluate(CONTRAST);
    assertTrue(Double.parseDouble(contrast.split(" ", 2)[0]) >= 4.5, contrast);
    assertEquals(List.of(), browser.faults());
  }
}
