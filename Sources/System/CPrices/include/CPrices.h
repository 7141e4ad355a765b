#pragma once
#include <stddef.h>

/// The built-in prices from Scripts/prices: one line for each model, columns separated by tabs, no NUL at the end.
const char *oneapi_prices(size_t *length);

/// Built-in model names. A line has an owner, or `#` and a channel type, then a tab and the models.
const char *oneapi_catalogue(size_t *length);
