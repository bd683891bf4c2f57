package dev.tailtap.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.Rule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Every version of a dependency stands in one place: the properties of the root pom. */
@Rule(value = "Versions of dependencies stand in the root pom alone", source = "SECURITY.md")
class BuildFilesTest {

  @Test
  void modulesNameNoVersionOfTheirOwn() throws Exception {
    List<String> versions = new ArrayList<>();
    for (String module : List.of("relay-server", "relay-bench")) {
      Element pom = parse(RelayProcess.home().resolve(module).resolve("pom.xml"));
      for (String kind : List.of("dependency", "plugin", "path")) {
        versions.addAll(versions(pom, kind));
      }
      assertEquals(0, pom.getElementsByTagName("properties").getLength(), module);
    }
    assertTrue(versions.size() > 5, "the modules' dependencies were not found");
    for (String version : versions) {
      assertTrue(version.matches("\\$\\{[a-z0-9.-]+}"), version + " belongs into the root pom");
    }
  }

  @Test
  void theRootNamesEachVersionOnceAsAProperty() throws Exception {
    Element pom = parse(RelayProcess.home().resolve("pom.xml"));
    List<String> versions = versions(pom, "dependency");
    assertTrue(versions.size() >= 4, versions::toString);
    for (String version : versions) {
      assertTrue(version.matches("\\$\\{[a-z0-9.-]+}"), version + " belongs into the properties");
    }
  }

  private static List<String> versions(Element pom, String kind) {
    List<String> versions = new ArrayList<>();
    NodeList all = pom.getElementsByTagName(kind);
    for (int i = 0; i < all.getLength(); i++) {
      for (var child = all.item(i).getFirstChild(); child != null; child = child.getNextSibling()) {
        if (child.getNodeName().equals("version")) {
          versions.add(child.getTextContent().strip());
        }
      }
    }
    return versions;
  }

  private static Element parse(Path file) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    try (var in = Files.newInputStream(file)) {
      return factory.newDocumentBuilder().parse(in).getDocumentElement();
    }
  }
}
