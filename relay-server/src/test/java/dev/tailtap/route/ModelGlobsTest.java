package dev.tailtap.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.Glob;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Patterns of models beside regular expressions, and against names made to be slow. */
class ModelGlobsTest {
  @ParameterizedTest
  @CsvSource({
    "*, '', true",
    "*, x, true",
    "gpt-*, gpt-, true",
    "gpt-*, gpt, false",
    "a*a, a, false",
    "a*a, aa, true",
    "*aab*, aaab, true",
    "*ab*ab*, abab, true",
    "*ab*ab*, abxb, false",
    "*ab*ba, aba, false",
    "gpt.4*, gpt-4, false",
    "'[a-z]*', b, false",
    "'g?t*', gpt, false",
    "'(.*', '(.x', true",
    "GPT*, gpt-4, false",
    "ä*€, äx€, true",
  })
  void onlyAStarIsSpecial(String glob, String model, boolean matches) {
    assertEquals(matches, new Glob(glob).matches(model));
  }

  @Test
  void matchesWhatARegularExpressionWould() {
    Random random = new Random(16);
    for (int i = 0; i < 40_000; i++) {
      String glob = text(random, "ab*", 8) + "*" + text(random, "ab*", 6);
      String model = text(random, "ab", 14);
      assertEquals(
          Pattern.matches(regex(glob), model), new Glob(glob).matches(model), glob + model);
    }
  }

  @Test
  void noNameMakesItSlow() {
    String longName = "a".repeat(500_000);
    List<Glob> slow =
        List.of(
            new Glob("*a".repeat(120) + "*b"),
            new Glob("*" + "a".repeat(200) + "b*"),
            new Glob("a*" + ("a".repeat(30) + "b*").repeat(8)),
            new Glob("*" + ("a".repeat(50) + "*").repeat(5) + "b*"));
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> slow.forEach(glob -> assertFalse(glob.matches(longName), "there is no b")));
    assertTrue(new Glob("*a".repeat(120)).matches(longName));
  }

  @Test
  void theMostSpecificOfAHundredClaims() {
    List<String> models = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      models.add("m".repeat(i) + "*");
    }
    models.add("mmm");
    ModelGlobs globs = new ModelGlobs(models);
    assertEquals(1 + 99, globs.claim("m".repeat(200)));
    assertEquals(1 + 50, globs.claim("m".repeat(50) + "x"));
    assertEquals(1, globs.claim(""));
    assertEquals(Integer.MAX_VALUE, globs.claim("mmm"));
    assertEquals(ModelGlobs.NONE, globs.claim(null));
  }

  @Test
  void withoutModelsAnyIsClaimedLeast() {
    ModelGlobs any = new ModelGlobs(List.of());
    assertTrue(any.isAny());
    assertEquals(ModelGlobs.ANY, any.claim(null));
    assertEquals(ModelGlobs.ANY, any.claim("gpt"));
    assertTrue(ModelGlobs.ANY < new ModelGlobs(List.of("*")).claim("gpt"));
  }

  private static String regex(String glob) {
    return Arrays.stream(glob.split("\\*", -1))
        .map(Pattern::quote)
        .collect(Collectors.joining(".*"));
  }

  private static String text(Random random, String letters, int most) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      text.append(letters.charAt(random.nextInt(letters.length())));
    }
    return text.toString();
  }
}
