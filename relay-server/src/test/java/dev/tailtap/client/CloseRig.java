package dev.tailtap.client;

import dev.tailtap.rig.ClosedPort;
import dev.tailtap.rig.FullBacklog;
import dev.tailtap.rig.MuteServer;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RelayRig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * A relay for many cells of the close matrix, one after another or at once, and the upstreams that
 * they need: each exists twice, since only one of the two is asked for usage.
 */
final class CloseRig implements AutoCloseable, Provider.Script {
  private final Map<Integer, CloseScene> scenes = new ConcurrentHashMap<>();
  private final List<CloseScene> opened = new ArrayList<>();
  private final FullBacklog backlog = new FullBacklog();
  private final MuteServer mute = new MuteServer();
  private final ClosedPort gone = new ClosedPort();
  private final Provider provider = new Provider(this);
  private final RelayRig relay;

  CloseRig(String... settings) throws Exception {
    List<String> all = new ArrayList<>(List.of(settings));
    all.addAll(upstream("plain", provider.url()));
    all.addAll(upstream("full", backlog.url()));
    all.addAll(upstream("tls", "https://127.0.0.1:" + mute.port()));
    all.addAll(upstream("gone", gone.url()));
    relay = new RelayRig(provider.url(), all.toArray(String[]::new));
  }

  /** A new exchange, brought to the moment of the cell. */
  CloseScene open(CloseCell cell) throws Exception {
    int number = opened.size();
    CloseScene scene = new CloseScene(cell, this, number);
    opened.add(scene);
    scenes.put(number, scene);
    scene.reach();
    return scene;
  }

  RelayRig relay() {
    return relay;
  }

  FullBacklog backlog() {
    return backlog;
  }

  MuteServer mute() {
    return mute;
  }

  /** How many scenes wait for a connection at present. */
  int connecting() {
    return (int) opened.stream().filter(CloseScene::connecting).count();
  }

  /** How many scenes below a path are not over. */
  long underWay(String prefix) {
    return opened.stream().filter(scene -> scene.underWay(prefix)).count();
  }

  /** Lets those in that hang in connecting. */
  void makeRoom() throws IOException {
    backlog.open(this);
  }

  @Override
  public void head(Provider.Request request, Provider.Answer answer)
      throws IOException, InterruptedException {
    scene(request).head(answer);
  }

  @Override
  public void answer(Provider.Request request, Provider.Answer answer)
      throws IOException, InterruptedException {
    scene(request).answer(answer);
  }

  @Override
  public void close() throws IOException {
    for (CloseScene scene : opened) {
      scene.close();
    }
    relay.close();
    provider.close();
    mute.close();
    backlog.close();
    gone.close();
  }

  private CloseScene scene(Provider.Request request) {
    return scenes.get(Integer.parseInt(request.line().split("/", 4)[2]));
  }

  private static List<String> upstream(String name, String url) {
    return Stream.of(name, name + "-ask")
        .flatMap(
            each ->
                Stream.of(
                    "upstream." + each + ".url",
                    url,
                    "upstream." + each + ".usage",
                    each.equals(name) ? "leave" : "ask",
                    "upstream." + each + ".connect-timeout",
                    "60s", // so that it is not what ends a connect
                    "route." + each + ".path",
                    "/" + each,
                    "route." + each + ".upstream",
                    each))
        .toList();
  }
}
