#!/usr/bin/env python3
"""Runs the providers' own Python packages against the mock, or OpenAI's against a gateway in front of it.

    run.py --base-url http://127.0.0.1:8400/openai/v1
    run.py --gateway --base-url http://127.0.0.1:3000/v1 --key sk-... --mock http://127.0.0.1:8400
"""

import argparse
import os
import sys
import unittest
from urllib.parse import urlsplit

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from suite import Target


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--base-url", required=True, help="where the SDK points, with /v1")
    arguments.add_argument("--gateway", action="store_true", help="run only what a gateway offers: chat and models")
    arguments.add_argument("--mock", help="the mock's address; without --gateway, that of --base-url")
    arguments.add_argument("--key", default=Target.key)
    arguments.add_argument("--model", default=Target.model)
    arguments.add_argument("--reasoning-model", default=Target.reasoning_model)
    arguments.add_argument("--only", help="run the tests whose name holds this")
    options = arguments.parse_args()
    for name in list(os.environ):
        if name.lower() in ("http_proxy", "https_proxy", "all_proxy", "openai_base_url", "openai_api_key"):
            del os.environ[name]
    Target.base_url = options.base_url
    Target.is_gateway = options.gateway
    Target.key, Target.model, Target.reasoning_model = options.key, options.model, options.reasoning_model
    origin = urlsplit(options.base_url)
    mock = options.mock or (None if options.gateway else f"{origin.scheme}://{origin.netloc}")
    Target.mock = mock.rstrip("/") if mock else None
    Target.control = Target.mock + "/_mock" if mock else None

    loader = unittest.TestLoader()
    if options.only:
        loader.testNamePatterns = [f"*{options.only}*"]
    here = os.path.dirname(os.path.abspath(__file__))
    modules = sorted(name[:-3] for name in os.listdir(here) if name.startswith("test_") and name.endswith(".py"))
    if options.gateway:
        modules = [name for name in modules if name.startswith("test_openai_")]
    tests = loader.loadTestsFromNames(modules)
    result = unittest.TextTestRunner(verbosity=2).run(tests)
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)


if __name__ == "__main__":
    main()
