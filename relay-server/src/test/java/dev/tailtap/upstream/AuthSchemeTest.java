package dev.tailtap.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.UpstreamConfig.Auth;
import dev.tailtap.usage.Dialect;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class AuthSchemeTest {
  @ParameterizedTest
  @CsvSource({
    "OPENAI_CHAT, api.openai.com, BEARER",
    "OPENAI_CHAT, me.openai.azure.com, API_KEY",
    "OPENAI_RESPONSES, me.services.ai.Azure.com, API_KEY",
    "OPENAI_EMBEDDINGS, gate.azure-api.net, API_KEY",
    "OPENAI_CHAT, generativelanguage.googleapis.com, BEARER",
    "ANTHROPIC, api.anthropic.com, X_API_KEY",
    "ANTHROPIC, llm.example, X_API_KEY",
    "ANTHROPIC, europe-west1-aiplatform.googleapis.com, BEARER",
    "GEMINI, generativelanguage.googleapis.com, X_GOOG_API_KEY",
    "GEMINI_INTERACTIONS, llm.example, X_GOOG_API_KEY",
    "BEDROCK, bedrock-runtime.us-east-1.amazonaws.com, BEARER",
    "UNKNOWN, api.anthropic.com, X_API_KEY",
    "UNKNOWN, generativelanguage.googleapis.com, X_GOOG_API_KEY",
    "UNKNOWN, me.openai.azure.com, API_KEY",
    "UNKNOWN, api.openai.com, BEARER",
  })
  void isTheProvidersOwnWhereNothingIsConfigured(Dialect dialect, String host, AuthScheme scheme) {
    assertEquals(scheme, AuthScheme.of(Auth.AUTO, dialect, host));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
  void isWhatIsConfigured(Auth configured) {
    for (Dialect dialect : Dialect.values()) {
      AuthScheme scheme = AuthScheme.of(configured, dialect, "api.anthropic.com");
      assertEquals(configured.name(), scheme.name());
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void takesTheClientsOutOfTheSameField(AuthScheme scheme) {
    assertTrue(AuthScheme.FIELDS.contains(scheme.field()));
  }
}
