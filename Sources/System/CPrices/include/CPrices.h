#pragma once
#include <stddef.h>

/// The built-in prices as made by Scripts/prices: a line a model, columns separated by tabs; not NUL-terminated.
const char *oneapi_prices(size_t *length);
