package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.tailtap.rig.FreePort;
import dev.tailtap.rig.IgnoredSignals;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A reload as an operator asks for it: by a signal and by a command; and what is in use. */
class ReloadCommandTest {
  private static final Provider.Script PLAIN =
      (request, answer) -> answer.whole(200, "text/plain", "ok");

  @TempDir private Path dir;

  @Test
  void aHangUpReloadsAndTheStreamGoesOn() throws Exception {
    assumeFalse(IgnoredSignals.hangup(), "this run was started with hang-ups ignored");
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead("text/event-stream").chunk("data: 1\n\n");
                  answer.awaitEnd();
                });
        RelayProcess relay =
            new RelayProcess(
                dir,
                Map.of("KEY", "sk-hidden"),
                "serve",
                RelayProcess.config(dir, provider, "upstream.test.key.a=${KEY}"));
        RawClient client = new RawClient(relay.port())) {
      client.get("/v1/a").head();
      Path config = dir.resolve("relay.properties");
      String text = Files.readString(config);
      Files.writeString(config, text + "\nroute.new.path=/new\nroute.new.upstream=test\n");
      relay.signal("HUP");
      relay.awaitLogged("event=hangup signal=SIGHUP");
      relay.awaitLogged(
          "event=reload by=SIGHUP result=applied errors=0 needs_restart=0 changed=route.new.path");
      Files.writeString(config, text + "\nlimits.streams=none\nno.setting=1\n");
      relay.signal("HUP");
      relay.awaitLogged("event=reload by=SIGHUP result=refused errors=2 ");
      relay.awaitLogged("config no.setting: is no setting");
      relay.awaitLogged("config limits.streams=none: must be");
      assertTrue(relay.alive());
      assertEquals("data: 1\n\n", client.chunk());
      assertFalse(relay.err().contains("sk-hidden"), relay.err());
    }
  }

  @Test
  void theCommandSaysWhatBecameOfIt() throws Exception {
    String admin = "127.0.0.1:" + FreePort.choose();
    try (Provider provider = new Provider(PLAIN)) {
      String config =
          RelayProcess.config(dir, provider, "admin.token=secret-token", "relay.instance=here");
      Path path = Path.of(config);
      String text =
          Files.readString(path).replaceFirst("admin.listen=.*", "admin.listen=" + admin) + "\n";
      Files.writeString(path, text);
      assertCommand(1, "", "no relay answers at " + admin, config);
      try (RelayProcess relay = new RelayProcess(dir, "serve", config)) {
        relay.port();
        assertCommand(0, "unchanged: the settings in use are those of 20", "", config);
        Files.writeString(path, text + "limits.streams=77\nrelay.loops=1\n");
        assertCommand(
            0,
            "changed: limits.streams\n"
                + "needs a restart: relay.loops, which stays 0 and is 1 in the file\napplied: ",
            "",
            config);
        Files.writeString(path, text + "limits.streams=no\nrelay.lops=1\n");
        assertCommand(2, "error: relay.lops: is no setting", "", config);
        Files.writeString(path, text.replace("secret-token", "other-token"));
        assertCommand(1, "", "has another admin.token: send it SIGHUP", config);
        assertCommand(0, "changed: admin.token\n", "", config, "--set", "admin.token=secret-token");
        assertFalse(relay.err().contains("-token\""), relay.err());
      }
    }
    Files.delete(dir.resolve("relay.properties"));
    assertCommand(2, "", "no such file", dir.resolve("relay.properties").toString());
  }

  @Test
  void anExplainedCheckSaysEverySetting() throws Exception {
    try (Provider provider = new Provider(PLAIN)) {
      String config =
          RelayProcess.config(dir, provider, "admin.token=${TOKEN}", "limits.streams=77");
      Map<String, String> environment = Map.of("TOKEN", "secret-token");
      try (RelayProcess check =
          new RelayProcess(
              dir, environment, "check", "--explain", config, "--set", "usage.window=8KiB")) {
        assertEquals(0, check.exit(), check.err());
        String out = check.out();
        for (String line :
            new String[] {
              "relay.loops=0  [default; needs a restart]  Event loops; 0: one for each core",
              "limits.streams=77  [relay.properties:9]  Exchanges at the same time, over all clients",
              "usage.window=8KiB  [--set]  Bytes held of what must be whole to be understood",
              "upstream.test.usage=ask  [usage.include]  Whether usage is asked for, where that"
                  + " differs from usage.include",
            }) {
          assertTrue(out.lines().anyMatch(line::equals), line + " is not in\n" + out);
        }
        assertTrue(out.contains("admin.token=***  [relay.properties:8, environment TOKEN]  "), out);
        assertFalse(out.contains("secret-token"), out);
        assertTrue(out.contains("The configuration is good: 1 route to 1 upstream."), out);
      }
    }
  }

  private void assertCommand(int exit, String out, String err, String... args) throws Exception {
    String[] words = new String[args.length + 1];
    words[0] = "reload";
    System.arraycopy(args, 0, words, 1, args.length);
    try (RelayProcess command = new RelayProcess(dir, words)) {
      assertEquals(exit, command.exit(), command.out() + command.err());
      assertTrue(command.out().contains(out), command.out());
      assertTrue(command.err().contains(err), command.err());
    }
  }
}
