package dev.tailtap.http1;

import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What one request's heads cost beside their parsing, in nanoseconds per head. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class HeadBenchmark {
  private static final String TARGET = "/v1/chat/completions";

  private final ByteBufAllocator alloc = new AdaptiveByteBufAllocator();
  private HttpRequest request;
  private HttpHeaders answer;

  @Setup
  public void prepare() {
    request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, TARGET);
    request
        .headers()
        .add("Host", "relay.example")
        .add("Authorization", "Bearer 0123456789012345678901234567890123456789")
        .add("Content-Type", "application/json")
        .add("Content-Length", "812")
        .add("Accept", "application/json")
        .add("Accept-Encoding", "gzip, deflate, br")
        .add("Connection", "keep-alive")
        .add("User-Agent", "Example/Python 1.99.0")
        .add("X-Example-Lang", "python")
        .add("X-Example-Runtime-Version", "3.12.3");
    answer = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/").headers();
    answer
        .add("Date", "Sun, 01 Mar 2026 10:15:30 GMT")
        .add("Content-Type", "text/event-stream; charset=utf-8")
        .add("Transfer-Encoding", "chunked")
        .add("Connection", "keep-alive")
        .add("X-Request-Id", "req_0123456789abcdef0123456789abcdef")
        .add("X-Ratelimit-Remaining-Tokens", "149984")
        .add("Strict-Transport-Security", "max-age=31536000")
        .add("Server", "example");
  }

  /** The rules that a request's head must keep. */
  @Benchmark
  public RequestFault rules() {
    return RequestRules.violation(request);
  }

  /** The request's head for the upstream. */
  @Benchmark
  public int requestHead() {
    HttpHeaders headers = request.headers();
    ByteBuf head =
        HeadWriter.request(alloc, "POST", TARGET)
            .field("Host", "upstream.example")
            .fields(headers, HeaderRules.droppedFromRequest(HttpMethod.POST, headers))
            .end();
    return released(head);
  }

  /** The response's head for the client. */
  @Benchmark
  public int responseHead() {
    ByteBuf head =
        HeadWriter.response(alloc, HttpResponseStatus.OK)
            .fields(answer, HeaderRules.droppedFromResponse(answer, false))
            .field("Transfer-Encoding", "chunked")
            .end();
    return released(head);
  }

  private static int released(ByteBuf head) {
    int length = head.readableBytes();
    head.release();
    return length;
  }
}
