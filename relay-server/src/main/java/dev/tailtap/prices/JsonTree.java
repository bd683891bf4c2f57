package dev.tailtap.prices;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** One value of a JSON document: a map, a list, a text, an exact number, a truth or null. */
final class JsonTree {
  private static final int LONGEST = 60;

  private JsonTree() {}

  /** Reads the value that the parser stands at, to its end. */
  static Object read(JsonParser json) {
    return switch (json.currentToken()) {
      case START_OBJECT -> {
        Map<String, Object> map = new LinkedHashMap<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
          String name = json.currentName();
          json.nextToken();
          map.put(name, read(json));
        }
        yield map;
      }
      case START_ARRAY -> {
        List<Object> list = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
          list.add(read(json));
        }
        yield list;
      }
      case VALUE_STRING -> json.getString();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(json.getDecimalValue());
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> null;
    };
  }

  /** As a text, which is no price, where writing it out would take more than a price has. */
  private static Object number(BigDecimal number) {
    boolean sane = Math.abs((long) number.scale()) <= LONGEST && number.precision() <= LONGEST;
    return sane ? number : number.toString();
  }

  /** The member of an object; an empty one, where there is none. */
  static Map<?, ?> object(Object value) {
    return value instanceof Map<?, ?> map ? map : Map.of();
  }

  /** The members of a list; none, where it is no list. */
  static List<?> list(Object value) {
    return value instanceof List<?> list ? list : List.of();
  }
}
