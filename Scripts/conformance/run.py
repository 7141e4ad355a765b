#!/usr/bin/env python3
"""Runs the providers' own Python packages against the mock, or OpenAI's against a gateway in front of it.

    run.py --base-url http://127.0.0.1:8400/openai/v1
    run.py --gateway --base-url http://127.0.0.1:3000/v1 --key sk-... --mock http://127.0.0.1:8400
    run.py --upstreams --access ... --base-url http://127.0.0.1:3000/v1 --key sk-... --mock http://127.0.0.1:8400
"""

import argparse
import io
import os
import sys
import time
import unittest
from urllib.parse import urlsplit

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from gateway import Gateway, GatewayCase, Upstream
from suite import Target

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    options = read_arguments()
    clear_environment()
    aim(options)
    good = run_upstreams(options) if options.upstreams else run_suite(options)
    sys.exit(0 if good else 1)


def read_arguments():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--base-url", required=True, help="where the SDK points, with /v1")
    arguments.add_argument("--gateway", action="store_true", help="run only what a gateway offers: chat and models")
    arguments.add_argument("--upstreams", action="store_true", help="try the gateway with each of Fixtures/upstreams.json")
    arguments.add_argument("--upstream", help="with --upstreams, only the one of this name")
    arguments.add_argument("--access", help="the administrator's access token, for --upstreams")
    arguments.add_argument("--mock", help="the mock's address; without --gateway, that of --base-url")
    arguments.add_argument("--key", default=Target.key)
    arguments.add_argument("--model", default=Target.model)
    arguments.add_argument("--reasoning-model", default=Target.reasoning_model)
    arguments.add_argument("--modules", help="run only the tests of these files, such as test_palm,test_azure_chat")
    arguments.add_argument("--only", help="run the tests whose name holds this")
    options = arguments.parse_args()
    if options.upstreams and not (options.access and options.mock):
        arguments.error("--upstreams needs --access and --mock")
    return options


def clear_environment():
    for name in list(os.environ):
        if name.lower() in ("http_proxy", "https_proxy", "all_proxy", "openai_base_url", "openai_api_key"):
            del os.environ[name]


def aim(options):
    Target.base_url = options.base_url
    Target.is_gateway = options.gateway or options.upstreams
    Target.key, Target.model, Target.reasoning_model = options.key, options.model, options.reasoning_model
    origin = urlsplit(options.base_url)
    mock = options.mock or (None if Target.is_gateway else f"{origin.scheme}://{origin.netloc}")
    Target.mock = mock.rstrip("/") if mock else None
    Target.control = Target.mock + "/_mock" if mock else None


def load(options, wanted):
    """The tests of the modules whose names are wanted."""
    loader = unittest.TestLoader()
    if options.only:
        loader.testNamePatterns = [f"*{options.only}*"]
    modules = sorted(name[:-3] for name in os.listdir(HERE) if name.startswith("test_") and name.endswith(".py"))
    chosen = options.modules.split(",") if options.modules else modules
    return loader.loadTestsFromNames([name for name in modules if name in chosen and wanted(name)])


def run_suite(options):
    if options.gateway:
        tests = load(options, lambda name: name.startswith("test_openai_"))
    else:
        tests = load(options, lambda name: not name.startswith("test_gateway_"))
    result = unittest.TextTestRunner(verbosity=2).run(tests)
    return result.wasSuccessful() and result.testsRun


def run_upstreams(options):
    """Runs every case of `test_gateway_*` for every upstream, and prints one line of results for each."""
    GatewayCase.gateway = Gateway(options.access)
    upstreams = [upstream for upstream in Upstream.all() if options.upstream in (None, upstream.name)]
    outcomes = [run_upstream(upstream, options) for upstream in upstreams]
    return bool(outcomes) and all(outcomes)


def run_upstream(upstream, options):
    GatewayCase.gateway.connect(upstream)
    GatewayCase.upstream = upstream
    started = time.monotonic()
    log = io.StringIO()
    tests = load(options, lambda name: name.startswith("test_gateway_"))
    result = unittest.TextTestRunner(stream=log, verbosity=0).run(tests)
    skipped, wrong = len(result.skipped), len(result.failures) + len(result.errors)
    lost = sum(reason.endswith(": lost") for _, reason in result.skipped)
    if wrong:
        print(log.getvalue())
    print(
        f"{upstream.name:<12} {result.testsRun - skipped:>3} cases, {skipped - lost:>2} not offered, "
        f"{lost} lost by the matrix, {wrong} wrong, {time.monotonic() - started:.1f} s",
        flush=True,
    )
    return result.wasSuccessful() and result.testsRun > 0


if __name__ == "__main__":
    main()
