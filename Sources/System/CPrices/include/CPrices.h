#pragma once
#include <stddef.h>

/// The built-in prices as made by Scripts/prices: a line a model, columns separated by tabs; not NUL-terminated.
const char *oneapi_prices(size_t *length);

/// Built-in model names: lines of an owner, a tab and its models; lines of `#` and a channel type, a tab and its models.
const char *oneapi_catalogue(size_t *length);
