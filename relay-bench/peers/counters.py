"""Prints the sums of some counters of a page for Prometheus, in one line: counters.py URL NAME[{LABEL="VALUE"]..."""
import sys
import urllib.request

with urllib.request.urlopen(sys.argv[1]) as page:
    lines = page.read().decode().splitlines()


def total(metric):
    name, _, label = metric.partition("{")
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.partition("{")[0] == name and label in line)


print(*(int(total(metric)) for metric in sys.argv[2:]))
