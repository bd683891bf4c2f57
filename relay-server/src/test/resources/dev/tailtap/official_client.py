"""Calls a relay with a provider's own client and the settings that it comes with.

Arguments: openai or anthropic, the base URL, the key, then calls: whole:MODEL or stream:MODEL.
Says what came of each in a line: "ok MODEL", or the class, status and code of the error.
"""
import importlib
import sys

ASK = [{"role": "user", "content": "hi"}]


def of_openai(client, model, stream):
    answer = client.chat.completions.create(model=model, messages=ASK, stream=stream)
    return [chunk.model for chunk in answer][-1] if stream else answer.model


def of_anthropic(client, model, stream):
    answer = client.messages.create(model=model, max_tokens=256, messages=ASK, stream=stream)
    if not stream:
        return answer.model
    return [event.message.model for event in answer if event.type == "message_start"][-1]


def code(error):
    if api == "openai":
        return error.code
    return error.body["error"]["details"]["error_code"]


api, url, key, *calls = sys.argv[1:]
library = importlib.import_module(api)
if api == "openai":
    client, ask = library.OpenAI(api_key=key, base_url=url + "/v1"), of_openai
else:
    client, ask = library.Anthropic(api_key=key, base_url=url), of_anthropic
for call in calls:
    kind, model = call.split(":")
    try:
        print("ok", ask(client, model, kind == "stream"))
    except library.APIStatusError as error:
        print(type(error).__name__, error.status_code, code(error))
