"""Prints how many requests, tokens in and tokens out LiteLLM has counted for Prometheus."""
import urllib.request

NAMES = ["litellm_proxy_total_requests_metric", "litellm_input_tokens_metric", "litellm_output_tokens_metric"]
sums = dict.fromkeys(NAMES, 0.0)
with urllib.request.urlopen("http://127.0.0.1:4000/metrics/") as page:
    for line in page.read().decode().splitlines():
        name = line.partition("{")[0].removesuffix("_total")
        if name in sums:
            sums[name] += float(line.rpartition(" ")[2])
print(*(int(sums[name]) for name in NAMES))
