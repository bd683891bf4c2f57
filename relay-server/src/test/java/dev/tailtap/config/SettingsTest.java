package dev.tailtap.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The constants of the records, beside their components. */
class SettingsTest {
  private static final List<Class<?>> RECORDS =
      List.of(
          ServerConfig.class,
          AdminConfig.class,
          UpstreamConfig.class,
          ReuseConfig.class,
          RouteConfig.class,
          LimitsConfig.class,
          UsageConfig.class,
          MetricsConfig.class,
          LogConfig.class,
          TraceConfig.class,
          JournalConfig.class,
          StoreConfig.class);

  /** For each type of value, some text that it takes and that is no default. */
  private static final List<String> OTHER_VALUES =
      List.of("7ms", "77777", "7", "7%", "leave", "drain", "after", "nio", "true", "[::1]:7");

  private static final List<Setting<?>> RELOADED_OF_THE_SERVER =
      List.of(
          ServerConfig.DRAIN_DELAY,
          ServerConfig.DRAIN_TIMEOUT,
          ServerConfig.TRUST,
          ServerConfig.PROXY_PROTOCOL);

  private static final List<String> OTHER_TEXTS =
      List.of("jdbc:postgresql://h/d", "http://h", "/other", "other");

  private static final List<String> OTHER_WORDS =
      List.of(
          "spread",
          "event",
          "bearer",
          "key",
          "408",
          "on",
          "10.0.0.0/8",
          "json",
          "error",
          "http://h/p");

  @ParameterizedTest
  @MethodSource("settings")
  void aSettingChangesTheComponentOfItsNameAndNoOther(
      Class<?> owner, String constant, Setting<?> setting) throws Exception {
    Object usual = of(owner, new OneChanged(null));
    Object changed = of(owner, new OneChanged(setting));
    List<String> differ = new ArrayList<>();
    for (RecordComponent component : owner.getRecordComponents()) {
      Method reader = component.getAccessor();
      if (!Objects.equals(reader.invoke(usual), reader.invoke(changed))) {
        differ.add(component.getName());
      }
    }
    assertEquals(components(constant, setting), differ);
  }

  @Test
  void aKeyHasTheNameAndTheWordThatWereChosen() {
    assertEquals("upstream.one.url", UpstreamConfig.URL.key("one"));
    assertEquals("upstream.one.header.X-A", UpstreamConfig.HEADERS.key("one", "X-A"));
    assertEquals("X-A.b", UpstreamConfig.HEADERS.word("upstream.one.header.X-A.b"));
    assertEquals("upstream", UpstreamConfig.HEADERS.group());
    assertEquals("", AdminConfig.LISTEN.group());
  }

  /** Whoever adds a setting says here whether a reload changes it, and sees to it that it does. */
  @ParameterizedTest
  @MethodSource("settings")
  void aReloadChangesAllButWhatOnlyTheStartReads(
      Class<?> owner, String constant, Setting<?> setting) {
    boolean ofTheStart =
        List.of(JournalConfig.class, StoreConfig.class).contains(owner)
            || setting == AdminConfig.LISTEN
            || (owner == ServerConfig.class && !RELOADED_OF_THE_SERVER.contains(setting));
    assertEquals(ofTheStart, setting.isAtStart());
  }

  static Stream<Arguments> settings() {
    return RECORDS.stream()
        .flatMap(owner -> Arrays.stream(owner.getDeclaredFields()))
        .filter(field -> field.getType() == Setting.class)
        .map(field -> Arguments.of(field.getDeclaringClass(), field.getName(), constant(field)));
  }

  private static List<String> components(String constant, Setting<?> setting) {
    if (setting == UsageConfig.INCLUDE) {
      return List.of(); // the upstreams follow it
    }
    boolean alternative = setting == RouteConfig.UPSTREAM; // another way to write the upstreams
    return List.of(alternative ? "upstreams" : camelCase(constant));
  }

  private static Object constant(Field field) {
    try {
      return field.get(null);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  private static Object of(Class<?> owner, Settings settings) throws Exception {
    for (Method method : owner.getDeclaredMethods()) {
      if (method.getName().equals("of")) {
        return method.getParameterCount() == 1
            ? method.invoke(null, settings)
            : method.invoke(null, settings, "one");
      }
    }
    throw new AssertionError(owner + " makes itself of no settings");
  }

  private static String camelCase(String constant) {
    StringBuilder name = new StringBuilder();
    for (String word : constant.toLowerCase(Locale.ROOT).split("_", -1)) {
      boolean first = name.length() == 0;
      name.append(first ? word.charAt(0) : Character.toUpperCase(word.charAt(0)));
      name.append(word.substring(1));
    }
    return name.toString();
  }

  /** Everything at its default but one. */
  private record OneChanged(Setting<?> changed) implements Settings {
    @Override
    public <T> T get(Setting<T> setting, String name) {
      T usual = setting.preset().map(setting.type().reader()).orElse(null);
      return setting == changed ? other(setting, usual) : usual;
    }

    @Override
    public <T> T either(Setting<T> one, Setting<T> other, String name) {
      return other == changed ? get(other, name) : get(one, name);
    }

    @Override
    public <T> Map<String, T> each(Setting<T> setting, String name) {
      return setting == changed ? Map.of("X", other(setting, null)) : Map.of();
    }

    @Override
    public Collection<String> names(String group) {
      return List.of("one");
    }

    private static <T> T other(Setting<T> setting, T usual) {
      List<List<String>> all = List.of(OTHER_VALUES, OTHER_TEXTS, OTHER_WORDS);
      for (String text : all.stream().flatMap(List::stream).toList()) {
        try {
          T value = setting.type().reader().apply(text);
          if (!Objects.equals(value, usual)) {
            return value;
          }
        } catch (IllegalArgumentException notOfThisType) {
          // the next one
        }
      }
      throw new AssertionError("no other value for " + setting);
    }
  }
}
