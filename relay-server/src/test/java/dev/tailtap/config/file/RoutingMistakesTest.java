package dev.tailtap.config.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tailtap.config.RelayConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with routes to several upstreams, pools of keys and aliases: the whole message. */
class RoutingMistakesTest {
  private static final List<String> DIALECTS = List.of("openai-chat", "anthropic");
  private static final String UPSTREAMS =
      """
      upstream.one.url=https://one.example
      upstream.two.url=https://two.example
      route.all.path=/
      """;
  private static final String WORKING = UPSTREAMS + "route.all.upstream=one\n";
  private static final String LIST_WANTED =
      ": must be names of upstreams, each with a weight from 1 to 1000 or none, and | between"
          + " priorities, as in a*3 b | c";

  @TempDir private Path dir;

  @Test
  void anUnknownUpstreamOfAListIsNamedWithAGuess() {
    assertErrors(
        UPSTREAMS + "route.all.upstreams=oen*2 two | three\n",
        "route.all.upstreams: oen must be one of the upstreams, one, two; did you mean one?",
        "route.all.upstreams: three must be one of the upstreams, one, two");
  }

  @Test
  void aWeightIsANumberFrom1To1000() {
    for (String bad :
        List.of("one*0 two", "one*1001", "one*x", "one*-1", "one* 2", "one*2*3", "*2", "one*1.5")) {
      assertErrors(
          UPSTREAMS + "route.all.upstreams=" + bad + "\n",
          "route.all.upstreams=" + bad + LIST_WANTED);
    }
  }

  @Test
  void aPriorityHasAnUpstream() {
    for (String bad : List.of("", "|", "one |", "| one", "one | | two", ",")) {
      assertErrors(
          UPSTREAMS + "route.all.upstreams=" + bad + "\n",
          "route.all.upstreams=" + bad + LIST_WANTED);
    }
  }

  @Test
  void anUpstreamStandsOnceInARoute() {
    assertErrors(
        UPSTREAMS + "route.all.upstreams=one two | one\n",
        "route.all.upstreams: names one twice; a weight gives it more");
  }

  @Test
  void oneOrSeveralUpstreamsAreNamedAndNotBoth() {
    assertErrors(
        WORKING + "route.all.upstreams=one two\n",
        "route.all.upstreams: is set beside route.all.upstream; keep one");
    assertErrors(
        UPSTREAMS,
        "route.all.upstream: must be set, to the name of one upstream; or route.all.upstreams, to"
            + LIST_WANTED.substring(": must be".length()));
    assertErrors(
        UPSTREAMS + "route.all.upstream=one two\n",
        "route.all.upstream=one two: must be the name of one upstream");
    assertErrors(
        UPSTREAMS + "route.all.upstraems=one two\n",
        "route.all.upstraems: is no setting; did you mean route.all.upstreams?");
  }

  @Test
  void aRouteLeadsTo64UpstreamsAndKeysAtMost() throws Exception {
    StringBuilder keys = new StringBuilder(UPSTREAMS + "route.all.upstreams=one two\n");
    for (int i = 0; i < 63; i++) {
      keys.append("upstream.one.key.k" + i + "=key-" + i + "\n");
    }
    load(keys.toString());
    assertErrors(
        keys + "upstream.one.key.last=key-last\n",
        "route.all.upstreams: leads to 65 upstreams and keys, and may to 64");
  }

  @Test
  void routesOfEqualClaimAreNamedOncePerPair() {
    assertErrors(
        WORKING
            + """
            route.b.path=/
            route.b.upstream=one
            route.c.path=/v1
            route.c.upstream=one
            route.c.host=a.example
            route.c.models=gpt-*, o3
            route.d.path=/v1
            route.d.upstream=two
            route.d.host=A.example
            route.d.models=x,o3,gpt-**
            """,
        "route.d.path=/v1: is already the path of route c, of host a.example, for the models o3",
        "route.b.path=/: is already the path of route all");
  }

  @Test
  void aPathIsTheSameHoweverItIsWritten() {
    assertErrors(
        WORKING
            + "route.b.path=/v1\\\\chat\nroute.b.upstream=one\n"
            + "route.c.path=/v1/chat\nroute.c.upstream=one\n",
        "route.c.path=/v1/chat: is already the path of route b");
  }

  @Test
  void routesThatDifferInHostOrModelMayShareAPath() throws Exception {
    load(
        WORKING
            + """
            route.b.path=/
            route.b.upstream=one
            route.b.host=a.example
            route.c.path=/
            route.c.upstream=one
            route.c.models=gpt-*
            route.d.path=/
            route.d.upstream=one
            route.d.models=gpt-4*
            """);
  }

  @Test
  void aliasesMayNotGoInACircle() {
    assertErrors(
        WORKING
            + """
            upstream.one.model.a=b
            upstream.one.model.b=a
            upstream.one.model.self=self
            upstream.one.model.way=x
            upstream.one.model.x=y
            upstream.one.model.y=z
            upstream.one.model.z=x
            upstream.one.model.good=better
            upstream.one.model.better=best
            upstream.two.model.best=good
            """,
        "upstream.one.model.a=b: the aliases go in a circle, a, b, a",
        "upstream.one.model.self=self: the aliases go in a circle, self, self",
        "upstream.one.model.x=y: the aliases go in a circle, x, y, z, x");
  }

  @Test
  void aColonThatEndedAnAliasIsSeen() {
    assertErrors(
        WORKING + "upstream.one.model.llama:8b=meta/llama\n",
        "upstream.one.model.llama=8b=meta/llama: must be the name of a model, without spaces and =;"
            + " a colon in an alias is written \\:");
  }

  @Test
  void upstreamsOfOneRouteSpeakOneDialect() {
    assertErrors(
        UPSTREAMS
            + "route.all.upstreams=one two\n"
            + "upstream.one.dialect=anthropic\nupstream.two.dialect=openai-chat\n",
        "route.all.upstreams: the dialects must be one, and are anthropic of one, openai-chat of"
            + " two");
    assertErrors(
        UPSTREAMS + "route.all.upstreams=one | two\nupstream.two.dialect=anthropic\n",
        "route.all.upstreams: the dialects must be one, and are auto of one, anthropic of two");
  }

  @Test
  void aPoolHasKeys() {
    assertErrors(
        WORKING + "upstream.one.keys=spread\nupstream.one.auth=x-api-key\n",
        "upstream.one.keys=spread: needs a key, upstream.one.key.LABEL",
        "upstream.one.auth=x-api-key: needs a key, upstream.one.key.LABEL");
    assertErrors(
        WORKING + "upstream.one.auth=none\nupstream.one.key.a=k\n",
        "upstream.one.auth=none: would never send upstream.one.key.a; keep one");
  }

  @Test
  void aFieldThatCarriesAKeyIsNotSetBesideAPool() throws Exception {
    String both = WORKING + "upstream.one.key.a=k\nupstream.one.header.Authorization=Bearer x\n";
    assertErrors(
        both,
        "upstream.one.header.Authorization: is where upstream.one.key.LABEL may go; keep one");
    assertErrors(
        both + "upstream.one.auth=bearer\n",
        "upstream.one.header.Authorization: is where upstream.one.key.LABEL may go; keep one");
    load(both + "upstream.one.auth=api-key\n");
  }

  @Test
  void noAuthWantsNoKey() throws Exception {
    assertFalse(load(WORKING + "upstream.one.auth=none\n").upstreams().isEmpty());
  }

  @Test
  void aCallerIsKeptByWhatIsNamedAndOnlyThen() {
    assertErrors(
        WORKING + "route.all.balance=sticky\n",
        "route.all.sticky: must be set, for route.all.balance=sticky");
    assertErrors(
        WORKING + "route.all.sticky=key\n",
        "route.all.sticky: is of no use without route.all.balance=sticky");
  }

  @Test
  void badValuesSayWhatIsAllowed() {
    assertErrors(
        WORKING
            + """
            route.all.host=a.example:80
            route.all.sticky=cookie:x
            route.all.strip=/azure/
            route.all.tries=0
            route.all.retry-on=unsent,418
            route.all.commit=body
            route.all.balance=random
            upstream.one.auth=basic
            upstream.one.keys=any
            upstream.one.first-event-timeout=5
            limits.retry-budget=101%
            """,
        "upstream.one.keys=any: must be fill-first or spread",
        "upstream.one.auth=basic: must be auto or bearer or x-api-key or api-key or x-goog-api-key"
            + " or none",
        "upstream.one.first-event-timeout=5: must be 0, or a time from 1ms to 24h, as in 500ms,"
            + " 5s, 2m or 1h",
        "route.all.host=a.example:80: must be empty, or the name of a host, without a port",
        "route.all.balance=random: must be least-pending or spread or sticky",
        "route.all.sticky=cookie:x: must be empty, or key or header:NAME, or several with commas"
            + " or spaces between them",
        "route.all.strip=/azure/: must be empty, or a path that begins with / and has no ?, #, %,"
            + " ;, space, dot segment or / at its end",
        "route.all.tries=0: must be a whole number from 1 to 16",
        "route.all.retry-on=unsent,418: must be none, or some of unsent 429 503 529 401 403 402 404"
            + " 408 500 502 504 head-timeout reset first-event error-event",
        "route.all.commit=body: must be head or event",
        "limits.retry-budget=101%: must be a share from 0% to 100%");
  }

  @Test
  void allMistakesComeAtOnce() {
    assertErrors(
        UPSTREAMS
            + """
            route.all.upstreams=one*2 tow
            route.b.path=/
            route.b.upstreams=one two*0
            upstream.one.model.a=a
            upstream.one.keys=spread
            upstream.two.dialect=anthropic
            route.c.path=/c
            route.c.upstreams=one two
            """,
        "route.b.upstreams=one two*0" + LIST_WANTED,
        "upstream.one.keys=spread: needs a key, upstream.one.key.LABEL",
        "upstream.one.model.a=a: the aliases go in a circle, a, a",
        "route.c.upstreams: the dialects must be one, and are auto of one, anthropic of two",
        "route.all.upstreams: tow must be one of the upstreams, one, two; did you mean two?",
        "route.b.path=/: is already the path of route all");
  }

  private RelayConfig load(String text) throws ConfigException, IOException {
    Path file = Files.writeString(dir.resolve("relay.properties"), text);
    return ConfigFile.load(file, Map.of(), Map.of(), DIALECTS);
  }

  private void assertErrors(String text, String... expected) {
    ConfigException refused = assertThrows(ConfigException.class, () -> load(text));
    assertEquals(List.of(expected), refused.errors());
  }
}
