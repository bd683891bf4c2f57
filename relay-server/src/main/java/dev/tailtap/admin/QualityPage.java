package dev.tailtap.admin;

import dev.tailtap.record.UsageState;
import dev.tailtap.store.CallGroup;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.core.JsonGenerator;

/**
 * How right the counts are: by upstream and model, with why usage is missing, as JSON. Those of
 * which most is missing come first.
 */
record QualityPage(Instant since, boolean whole, List<CallGroup> groups) {
  private record Model(String upstream, String name) {}

  private record Why(String usageState, Explanation explanation) {}

  /** What is said of one model. */
  private static final class Findings {
    private final Map<UsageState, Long> states = new EnumMap<>(UsageState.class);
    private final Map<String, Why> whys = new LinkedHashMap<>();
    private final Map<String, Long> calls = new LinkedHashMap<>(); // by the key of their why
    private long all;
    private long free;
    private long missing;

    void add(CallGroup group, Function<CallGroup, Explanation> doctor) {
      all += group.calls();
      for (UsageState state : UsageState.values()) {
        states.merge(
            state, group.usageState().equals(state.column()) ? group.calls() : 0, Long::sum);
      }
      if (!group.usageState().equals(UsageState.FINAL.column())) {
        Explanation why = doctor.apply(group);
        String key = group.usageState() + why.cause() + why.advice();
        whys.putIfAbsent(key, new Why(group.usageState(), why));
        calls.merge(key, group.calls(), Long::sum);
        free += why.free() ? group.calls() : 0;
        missing += why.free() ? 0 : group.calls();
      }
    }
  }

  void json(JsonGenerator out, Function<CallGroup, Explanation> doctor) {
    Map<Model, Findings> models = new LinkedHashMap<>();
    for (CallGroup group : groups) {
      models
          .computeIfAbsent(new Model(group.upstream(), group.model()), model -> new Findings())
          .add(group, doctor);
    }
    List<Map.Entry<Model, Findings>> order = new ArrayList<>(models.entrySet());
    order.sort(
        Comparator.comparingLong((Map.Entry<Model, Findings> one) -> -one.getValue().missing)
            .thenComparingLong(one -> -one.getValue().all));
    out.writeStartObject().writeStringProperty("from", since.toString());
    out.writeBooleanProperty("whole", whole);
    out.writeArrayPropertyStart("models");
    order.forEach(one -> model(out, one.getKey(), one.getValue()));
    out.writeEndArray().writeEndObject();
  }

  private static void model(JsonGenerator out, Model model, Findings findings) {
    out.writeStartObject();
    out.writeStringProperty("upstream", model.upstream());
    out.writeStringProperty("model", model.name());
    out.writeNumberProperty("calls", findings.all);
    out.writeNumberProperty("free", findings.free);
    out.writeObjectPropertyStart("usage_states");
    findings.states.forEach((state, calls) -> out.writeNumberProperty(state.column(), calls));
    out.writeEndObject().writeArrayPropertyStart("causes");
    findings.whys.forEach((key, why) -> cause(out, why, findings.calls.get(key)));
    out.writeEndArray().writeEndObject();
  }

  private static void cause(JsonGenerator out, Why why, long calls) {
    out.writeStartObject();
    out.writeStringProperty("usage_state", why.usageState());
    out.writeNumberProperty("calls", calls);
    out.writeStringProperty("cause", why.explanation().cause());
    out.writeStringProperty("evidence", why.explanation().evidence());
    out.writeStringProperty("do", why.explanation().advice());
    out.writeBooleanProperty("free", why.explanation().free());
    out.writeEndObject();
  }
}
