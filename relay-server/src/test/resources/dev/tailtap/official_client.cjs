// Calls a relay with a provider's own client and the settings that it comes with.
//
// Arguments: openai or anthropic, the base URL, the key, then calls: whole:MODEL or stream:MODEL.
// Says what came of each in a line: "ok MODEL", or the class, status and code of the error.
const [api, url, apiKey, ...calls] = process.argv.slice(2);
const messages = [{ role: "user", content: "hi" }];

const apis = {
  openai: () => {
    const { OpenAI } = require("openai");
    const client = new OpenAI({ apiKey, baseURL: url + "/v1" });
    return {
      APIError: OpenAI.APIError,
      code: (error) => error.code,
      whole: async (model) => (await client.chat.completions.create({ model, messages })).model,
      stream: async (model) => {
        let last;
        for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
          last = chunk.model;
        }
        return last;
      },
    };
  },
  anthropic: () => {
    const { Anthropic } = require("@anthropic-ai/sdk");
    const client = new Anthropic({ apiKey, baseURL: url });
    const ask = { max_tokens: 256, messages };
    return {
      APIError: Anthropic.APIError,
      code: (error) => error.error.error.details.error_code,
      whole: async (model) => (await client.messages.create({ model, ...ask })).model,
      stream: async (model) => {
        let said;
        for await (const event of await client.messages.create({ model, ...ask, stream: true })) {
          said = event.type === "message_start" ? event.message.model : said;
        }
        return said;
      },
    };
  },
};

(async () => {
  const client = apis[api]();
  for (const call of calls) {
    const [kind, model] = call.split(":");
    try {
      console.log("ok", await client[kind](model));
    } catch (error) {
      if (!(error instanceof client.APIError)) {
        throw error;
      }
      console.log(error.constructor.name, error.status, client.code(error));
    }
  }
})();
