package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.Billed;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is billed beside tokens is read wherever the providers say it, and kept whole. */
class BilledTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'usage':{'input_tokens':1,'server_tool_use':{'web_search_requests':2}}} | web_searches:2",
        "{'usage':{'input_tokens':1,'server_tool_use':{'web_fetch_requests':3}}} | web_fetches:3",
        "{'usage':{'prompt_tokens':1,'num_search_queries':74}} | web_searches:74",
        "{'usage':{'type':'duration','seconds':27}} | seconds:27",
        "{'usage':{'prompt_tokens':1,'prompt_audio_seconds':9}} | seconds:9",
        "{'pages':[{'x':1}],'usage_info':{'pages_processed':4}} | pages:4",
        "{'meta':{'billed_units':{'search_units':1}}} | search_units:1",
        "{'meta':{'billed_units':{'images':2}}} | images:2",
        "{'metrics':{'predict_time':1.25}} | seconds:1.25",
        "{'output':[{'type':'web_search_call'},{'type':'message'}]} | web_searches:1",
        "{'output':[{'action':{'type':'open_page'},'type':'web_search_call'},"
            + "{'type':'web_search_call','action':{'type':'search'}}]} | web_searches:1",
        "{'output':[{'type':'file_search_call'}]} | file_searches:1",
        "{'output':[{'type':'web_search_call'}],'tool_usage':{'web_search':{'num_requests':3}}}"
            + " | web_searches:3",
        "{'tool_usage':{'image_gen':{'total_tokens':300}}} | image_tool_tokens:300",
        "{'candidates':[{'groundingMetadata':{'webSearchQueries':['a','b']}}],"
            + "'usageMetadata':{'promptTokenCount':5}} | web_searches:2",
      })
  void countsOtherUnits(String body, String units) {
    UsageReading reading = read(body);
    String expected = "{\"" + units.replace(":", "\":") + "}";
    assertEquals(expected, reading.billed().units());
    assertEquals(UsageState.FINAL, reading.state());
    assertTrue(reading.raw() != null && isJson(reading.raw()), reading::raw);
  }

  @Test
  void keepsNoWordOfASearch() {
    String body =
        "{'candidates':[{'groundingMetadata':{'webSearchQueries':['secret']}}],"
            + "'usageMetadata':{'promptTokenCount':5}}";
    assertEquals("[{\"promptTokenCount\":5},{\"webSearchQueries\":1}]", read(body).raw());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'usage':{'prompt_tokens':1,'cost':0.0000113}} | 0.0000113",
        "{'usage':{'prompt_tokens':1,'cost':4.98e-6}} | 0.00000498",
        "{'usage':{'prompt_tokens':1,'cost':'0.00120'}} | 0.00120",
        "{'usage':{'prompt_tokens':1,'cost':{'total_cost':0.006,'request_cost':1}}} | 0.006",
        "{'usage':{'prompt_tokens':1,'cost_in_usd_ticks':37756000}} | 0.0037756000",
        "{'usage':{'prompt_tokens':1,'cost':0}} | 0",
        "{'usage':{'prompt_tokens':1,'cost_in_usd_ticks':0}} |",
        "{'usage':{'prompt_tokens':1,'cost':-1}} |",
        "{'usage':{'prompt_tokens':1,'cost':1e-999}} |",
      })
  void takesTheProvidersPriceToTheDigit(String body, BigDecimal cost) {
    Billed billed = read(body).billed();
    assertEquals(cost, billed.providerCost());
    assertEquals(cost == null ? null : "USD", billed.providerCurrency());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'service_tier':'flex','usage':{'prompt_tokens':1}} | flex",
        "{'response':{'service_tier':'priority','usage':{'input_tokens':1}}} | priority",
        "{'usage':{'input_tokens':1,'service_tier':'batch'}} | batch",
        "{'usageMetadata':{'promptTokenCount':1,'trafficType':'ON_DEMAND'}} | ON_DEMAND",
        "{'usage':{'inputTokens':1},'serviceTier':{'type':'flex'}} | flex",
        "{'service_tier':'auto','usage':{'prompt_tokens':1}} |",
        "{'service_tier':'','usage':{'prompt_tokens':1}} |",
        "{'service_tier':null,'usage':{'prompt_tokens':1}} |",
      })
  void takesTheTierAsServed(String body, String tier) {
    assertEquals(tier, read(body).billed().serviceTier());
  }

  @Test
  void takesPlaceAndMode() {
    Billed billed =
        read("{'usage':{'input_tokens':1,'inference_geo':'us','speed':'fast'}}").billed();
    assertEquals("us", billed.geo());
    assertEquals("fast", billed.speed());
    assertEquals(
        "optimized",
        read(converse("'performanceConfig':{'latency':'optimized'}")).billed().speed());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'prompt_tokens_details':{'audio_tokens':3,'image_tokens':4},"
            + "'completion_tokens_details':{'audio_tokens':5,'image_tokens':6} | 3 5 4 6",
        "'input_token_details':{'audio_tokens':3},'output_tokens_details':{'image_tokens':6}"
            + " | 3 null null 6",
        "'promptTokensDetails':[{'modality':'TEXT','tokenCount':1},"
            + "{'tokenCount':4,'modality':'IMAGE'},{'modality':'AUDIO','tokenCount':3}],"
            + "'candidatesTokensDetails':[{'modality':'IMAGE','tokenCount':6}] | 3 null 4 6",
        "'input_tokens_by_modality':[{'modality':'audio','tokens':3}] | 3 null null null",
      })
  void splitsByModality(String members, String counts) {
    Billed billed = read("{'usage':{'prompt_tokens':9," + members + "}}").billed();
    String seen =
        billed.audioPrompt()
            + " "
            + billed.audioCompletion()
            + " "
            + billed.imagePrompt()
            + " "
            + billed.imageCompletion();
    assertEquals(counts, seen);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'cache_creation_input_tokens':9,'cache_creation':{'ephemeral_1h_input_tokens':7}",
        "'cacheWriteInputTokens':9,'cacheDetails':[{'ttl':'1h','inputTokens':7},"
            + "{'ttl':'5m','inputTokens':2}]",
        "'prompt_tokens_details':{'cache_creation_tokens':9,"
            + "'cache_creation_token_details':{'ephemeral_1h_input_tokens':7}}",
        "'cache_creation_input_tokens':1,'iterations':[{'type':'message',"
            + "'cache_creation_input_tokens':5,'cache_creation':{'ephemeral_1h_input_tokens':3}},"
            + "{'type':'message','cache_creation_input_tokens':4,"
            + "'cache_creation':{'ephemeral_1h_input_tokens':4}}]"
      })
  void tellsWritesThatStayForAnHour(String members) {
    UsageReading reading = read("{'usage':{'output_tokens':1," + members + "}}");
    assertEquals(9, reading.tokens().cacheWrite());
    assertEquals(7, reading.billed().cacheWrite1h());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'usage':{'prompt_tokens':0,'completion_tokens':0,'total_tokens':0,'input_tokens':22,"
            + "'output_tokens':272}} | 22 272 294",
        "{'usage':{'input_tokens':0,'output_tokens':0,'prompt_tokens':22,'completion_tokens':2}}"
            + " | 22 2 24",
        "{'usage':{'input_tokens':4818,'output_tokens':47,'total_tokens':4865,"
            + "'cache_creation_input_tokens':4803}} | 4818 47 4865",
        "{'usage':{'prompt_tokens':4818,'completion_tokens':47,'total_tokens':4865,"
            + "'cache_creation_input_tokens':4803,'cache_read_input_tokens':0}} | 4818 47 4865",
        "{'usage':{'input_tokens':3,'output_tokens':45,'cache_read_input_tokens':9000}}"
            + " | 9003 45 9048",
        "{'usage':{'input_tokens':0,'output_tokens':45,'cache_read_input_tokens':9000}}"
            + " | 9000 45 9045",
        "{'usage':{'input_tokens':0,'output_tokens':54}} | null 54 null",
        "{'usage':{'input_tokens':9,'output_tokens':5,'iterations':[{'type':'agent'}]}} | 9 5 14",
        "{'usage':{'input_tokens':9,'output_tokens':0,'iterations':[{'type':'message',"
            + "'input_tokens':9,'output_tokens':0}]}} | 9 0 9",
        "{'usage':{'input_tokens':9,'output_tokens':5,'iterations':[1,{'type':'message',"
            + "'input_tokens':7,'output_tokens':0},{'type':'compaction','input_tokens':2,"
            + "'output_tokens':1},{'type':'fallback_message','input_tokens':9,'output_tokens':5},"
            + "{'type':'advisor_message','input_tokens':99,'output_tokens':9}]}} | 11 6 17",
      })
  void countsTokensOnce(String body, String counts) {
    Tokens tokens = read(body).tokens();
    assertEquals(counts, tokens.prompt() + " " + tokens.completion() + " " + tokens.total());
  }

  @Test
  void namesTheModelThatAnsweredInTheEnd() {
    String steps =
        "'iterations':[{'type':'message','model':'first','input_tokens':1,'output_tokens':2},"
            + "{'type':'fallback_message','model':'second','input_tokens':1,'output_tokens':2},"
            + "{'type':'advisor_message','model':'third','input_tokens':1,'output_tokens':2}]";
    assertEquals("second", read("{'model':'first','usage':{" + steps + "}}").responseModel());
    String plain = "'iterations':[{'type':'message','model':'x','output_tokens':2}]";
    assertEquals("first", read("{'model':'first','usage':{" + plain + "}}").responseModel());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'input_tokens':15 | 'input_tokens':0 | 15",
        "'input_tokens':15,'cache_read_input_tokens':90 |"
            + " 'input_tokens':0,'cache_read_input_tokens':0 | 105",
        "'input_tokens':15,'cache_read_input_tokens':90 |"
            + " 'input_tokens':0,'cache_read_input_tokens':90 | 105",
        "'input_tokens':15,'cache_read_input_tokens':90 |"
            + " 'input_tokens':105,'cache_read_input_tokens':90 | 105",
        "'input_tokens':15,'cache_read_input_tokens':90 |"
            + " 'input_tokens':0,'cache_read_input_tokens':105 | 105",
        "'input_tokens':15,'cache_read_input_tokens':90 |"
            + " 'input_tokens':181,'cache_read_input_tokens':0 | 181",
        "'input_tokens':15,'cache_read_input_tokens':90 | 'iterations':[{'type':'message',"
            + "'input_tokens':20,'cache_read_input_tokens':0}] | 20",
      })
  void believesNoZeroOfALaterFrame(String start, String delta, long prompt) {
    String events =
        "data: {'type':'message_start','message':{'usage':{"
            + start
            + "}}}\n\n"
            + "data: {'type':'message_delta','usage':{'output_tokens':4,"
            + delta
            + "}}\n\n";
    assertEquals(prompt, stream(events).tokens().prompt());
  }

  @Test
  void isNothingWhereOnlyTokensAreBilled() {
    assertEquals(Billed.NONE, read("{'usage':{'prompt_tokens':1,'completion_tokens':2}}").billed());
    assertEquals(Billed.NONE, read("{'choices':[]}").billed());
  }

  @Test
  void losesTheLargestMembersOfWhatIsTooLong() {
    String steps = "{'type':'message','input_tokens':1,'output_tokens':1},".repeat(200);
    String body =
        "{'usage':{'input_tokens':7,'a}\\\"[':'x','iterations':["
            + steps
            + "{'type':'message','input_tokens':1,'output_tokens':1}],'note':'"
            + "y".repeat(3000)
            + "','server_tool_use':{'web_search_requests':9}},"
            + "'tool_usage':{'web_search':{'num_requests':9}}}";
    UsageReading reading = read(body);
    assertEquals(201, reading.tokens().prompt());
    assertTrue(isJson(reading.raw()), reading::raw);
    assertTrue(reading.raw().contains("\"truncated\":[\"iterations\"]"), reading::raw);
    assertTrue(reading.raw().contains("web_search_requests\":9"));
    assertTrue(reading.raw().contains("num_requests\":9"));
    assertTrue(reading.raw().length() <= 4096);
  }

  @Test
  void staysWholeWhateverIsLost() {
    for (String member : List.of("'a':1,", "'" + "n".repeat(200) + "':[1,{}],", "'':'\\\\\\\"',")) {
      String usage = member.repeat(20_000 / member.length());
      UsageReading reading = read("{'usage':{" + usage + "'total_tokens':7}}");
      assertEquals(7, reading.tokens().total());
      assertTrue(isJson(reading.raw()), reading::raw);
      assertTrue(reading.raw().length() <= 4096);
    }
  }

  @Test
  void ignoresWhatIsTooLargeOrBrokenBesideUsage() {
    String tier = "'service_tier':'" + "x".repeat(5000) + "',";
    assertNull(read("{" + tier + "'usage':{'prompt_tokens':1}}").billed().serviceTier());
    String broken = "{'usage':{'prompt_tokens':1},'tool_usage':{'web_search':{'num_requests':";
    UsageReading reading = read(broken);
    assertNull(reading.billed().units());
    assertEquals("{\"prompt_tokens\":1}", reading.raw());
  }

  @Test
  void believesNoTierBeforeTheAnswerIsThere() {
    String created = "data: {'type':'response.created','response':{'service_tier':'auto'}}\n\n";
    String completed =
        "data: {'type':'response.completed','response':{'service_tier':'flex',"
            + "'usage':{'input_tokens':1,'output_tokens':1}}}\n\n";
    assertNull(stream(created).billed().serviceTier());
    assertEquals("flex", stream(created + completed).billed().serviceTier());
  }

  @Test
  void staysAbsentWhereNothingIsBilled() {
    UsageReading reading = read("{'service_tier':'default','choices':[]}");
    assertEquals(UsageState.ABSENT, reading.state());
    assertNull(reading.raw());
    assertFalse(reading.tokens().isKnown());
  }

  private static String converse(String member) {
    return "{'usage':{'inputTokens':1,'outputTokens':1}," + member + "}";
  }

  private static UsageReading read(String json) {
    return read(BodyKind.JSON, json);
  }

  private static UsageReading stream(String events) {
    return read(BodyKind.EVENT_STREAM, events);
  }

  /** Whole and byte by byte, which must be the same. */
  private static UsageReading read(BodyKind kind, String text) {
    byte[] body = text.replace('\'', '"').getBytes(UTF_8);
    UsageReading whole = read(kind, body, body.length);
    assertEquals(whole, read(kind, body, 1));
    return whole;
  }

  private static UsageReading read(BodyKind kind, byte[] body, int step) {
    Tap tap = new Tap(Dialect.UNKNOWN, kind, UnpooledByteBufAllocator.DEFAULT, 1 << 16);
    ByteBuf buf = Unpooled.wrappedBuffer(body);
    for (int i = 0; i < body.length; i += step) {
      tap.payload(buf, i, Math.min(step, body.length - i));
    }
    return tap.finish(true);
  }

  private static boolean isJson(String text) {
    Bytes bytes = new Bytes(1 << 16);
    byte[] utf8 = text.getBytes(UTF_8);
    bytes.append(utf8, 0, utf8.length);
    return UntrustedJson.isWhole(bytes);
  }
}
