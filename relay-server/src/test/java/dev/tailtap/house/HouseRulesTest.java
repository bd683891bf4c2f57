package dev.tailtap.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Shows each rule a violation, so that none passes because it sees nothing. */
class HouseRulesTest {

  @Test
  void seesAnImportThatGoesUpOrSideways() throws IOException {
    assertFound(HouseRules::floors, "package dev.tailtap.usage; import dev.tailtap.store.Queue;");
    assertFound(HouseRules::floors, "package dev.tailtap.http1; import dev.tailtap.usage.Tap;");
    assertFound(HouseRules::floors, "package dev.tailtap.exchange; import dev.tailtap.store.Q;");
    assertFound(HouseRules::floors, "package dev.tailtap.admin; import dev.tailtap.Main;");
    assertFound(HouseRules::floors, "package dev.tailtap.exchange; import dev.tailtap.client.A;");
    assertFound(
        HouseRules::floors, "package dev.tailtap.exchange; import dev.tailtap.http1.HeadWriter;");
    assertClean(
        HouseRules::floors, "package dev.tailtap.client; import dev.tailtap.http1.HeadWriter;");
    assertClean(HouseRules::floors, "package dev.tailtap.admin; import dev.tailtap.store.Queue;");
    assertFound(
        HouseRules::floors, "package dev.tailtap.bench.load; import dev.tailtap.bench.report.A;");
  }

  @Test
  void seesAnUpwardNameWithoutAnImportAndAStaticImport() throws IOException {
    assertFound(HouseRules::floors, "package dev.tailtap.usage; class A { dev.tailtap.Main m; }");
    assertFound(
        HouseRules::floors, "package dev.tailtap.config; import static dev.tailtap.tls.Tls.of;");
  }

  @Test
  void seesNettyWhereItHasNoPlaceAndAPackageWithoutAFloor() throws IOException {
    assertFound(HouseRules::floors, "package dev.tailtap.store; import io.netty.buffer.ByteBuf;");
    assertClean(HouseRules::floors, "package dev.tailtap.http1; import io.netty.buffer.ByteBuf;");
    assertFound(HouseRules::floors, "package dev.tailtap.common; class A {}");
  }

  @Test
  void seesALongFileAndALongMethod() throws IOException {
    assertFound(HouseRules::fileSizes, "class A {" + "\n".repeat(401) + "}");
    assertClean(HouseRules::fileSizes, "class A {" + "\n".repeat(398) + "}");
    assertFound(HouseRules::methodSizes, "class A { void a() {" + "\n".repeat(60) + "} }");
    assertClean(HouseRules::methodSizes, "class A { void a() {" + "\n".repeat(59) + "} }");
  }

  @Test
  void seesABannedNameAtEitherEndAndInNestedTypes() throws IOException {
    assertFound(HouseRules::typeNames, "class AbstractTap {}");
    assertFound(HouseRules::typeNames, "class A { interface StringUtils {} }");
    assertFound(HouseRules::typeNames, "record RequestContext() {}");
    assertClean(HouseRules::typeNames, "class Baseline {} class Database {} class Contexture {}");
  }

  @Test
  void seesWhatIsLeftOpen() throws IOException {
    assertFound(HouseRules::leftOpen, "class A { /* TO" + "DO */ }");
    assertFound(HouseRules::leftOpen, "class A { // FIX" + "ME later\n }");
    assertClean(HouseRules::leftOpen, "class A { int TODOS; }");
  }

  @Test
  void seesConsoleOutput() throws IOException {
    String line = "class A { void a() { System.out.println(); } }";
    assertFound(HouseRules::consoleOutput, "package dev.tailtap.store; " + line);
    assertClean(HouseRules::consoleOutput, "package dev.tailtap.demo; " + line);
  }

  @Test
  void seesASleepAlsoOfATestOfTheStore() throws IOException {
    String body = "class A { void a() throws Exception { Thread.sleep(1); } }";
    assertFound(HouseRules::sleeps, "package dev.tailtap.http1; " + body);
    assertClean(HouseRules::sleeps, "package dev.tailtap.store; " + body);
    SourceFile test =
        SourceFile.of("relay-server/src/test/java/A.java", "package dev.tailtap.store; " + body);
    assertEquals(1, HouseRules.sleeps(List.of(test)).size());
    assertFound(
        HouseRules::sleeps,
        "class A { void a() throws Exception { java.util.concurrent.TimeUnit.DAYS.sleep(1); } }");
  }

  @Test
  void seesADisabledTest() throws IOException {
    assertFound(HouseRules::disabledTests, "class A { @Disabled(\"later\") void a() {} }");
    assertFound(HouseRules::disabledTests, "@org.junit.jupiter.api.Disabled class A {}");
  }

  @Test
  void seesStaticStateThatCanChange() throws IOException {
    assertFound(HouseRules::staticState, "class A { static int count; }");
    assertFound(
        HouseRules::staticState,
        "class A { static final java.util.Map<?, ?> M = new java.util.HashMap<>(); }");
    assertClean(HouseRules::staticState, "enum A { B; static final int C = 1; int d; }");
    assertClean(HouseRules::staticState, "interface A { int B = 1; }");
  }

  @Test
  void seesClassesInACircleThroughWhatIsNestedInThem() throws IOException {
    assertEquals(
        Set.of("http1: A B C"),
        circles(
            "class A { B b; }", "class B { record N(C c) {} }", "class C { void c() { A.d(); } }"));
    assertEquals(
        Set.of(), circles("class A { B b; C c; }", "class B { C c; }", "class C { C c; }"));
    assertEquals(
        Set.of(),
        circles("class A { B b; }", "class B { A a; enum A {} }", "/** {@link A} */ class C {}"),
        "a name of its own");
  }

  @Test
  void seesAStateThatTwoMethodsMove() throws IOException {
    String moved =
        "package dev.tailtap.upstream; class A { enum S { T } S s = S.T; A() { s = S.T; } void a() { s = S.T; } ";
    String again = "void b() { Runnable r = () -> this.s = S.T; } }";
    assertClean(HouseRules::movers, moved + "}");
    assertEquals(
        List.of("upstream: A.s"),
        HouseRules.movers(List.of(SourceFile.of("src/main/A.java", moved + again))));
    assertClean(HouseRules::movers, moved.replace("upstream", "http1") + again);
  }

  private static Set<String> circles(String... classes) throws IOException {
    List<SourceFile> files = new ArrayList<>();
    for (String text : classes) {
      files.add(SourceFile.of("src/main/A.java", "package dev.tailtap.http1; " + text));
    }
    return Circles.of(files);
  }

  @Test
  void seesARegistryAndAMachinesPath() {
    assertEquals(1, HouseRules.foreignPlaces("f", "\nhttps://repo.mav" + "en.apache.org/x").size());
    assertEquals(1, HouseRules.foreignPlaces("f", "cd /ho" + "me/ann/tailtap").size());
    assertEquals(
        List.of(), HouseRules.foreignPlaces("f", "http://maven.apache.org/POM /v1/work/x"));
  }

  @Test
  void countsTypesAndMethods() throws IOException {
    SourceFile file =
        SourceFile.of("A.java", "public class A { public class B {} void c() {} } class D {}");
    assertEquals(1, file.publicTopLevel.size());
    assertEquals(2, file.topLevel.size());
    assertEquals(1, file.methods.size());
    assertEquals(5, HouseRules.quantile(List.of(9, 1, 5), 0.5));
  }

  private static void assertFound(Function<Collection<SourceFile>, List<String>> rule, String text)
      throws IOException {
    List<String> found = rule.apply(List.of(SourceFile.of("src/main/A.java", text)));
    assertEquals(1, found.size(), found::toString);
    assertTrue(found.get(0).startsWith("src/main/A.java:"), found::toString);
  }

  private static void assertClean(Function<Collection<SourceFile>, List<String>> rule, String text)
      throws IOException {
    assertEquals(List.of(), rule.apply(List.of(SourceFile.of("src/main/A.java", text))));
  }
}
